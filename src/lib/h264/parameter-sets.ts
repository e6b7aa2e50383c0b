/**
 * The parameter sets that are in force (ISO/IEC 14496-10, 7.4.1.2.1): kept by kind and id, each replaced by the
 * next one of the same id. Picture parameter sets are parsed when a slice first needs them, because they may come
 * before the sequence parameter set they depend on.
 */
import { MAX_RECORD_PPS, MAX_RECORD_SPS, type ParameterSetLists } from './avc-configuration.js';
import { BitReader } from './bit-reader.js';
import { MAX_PARAMETER_SET_BYTES, MAX_PARAMETER_SETS_BYTES } from './limits.js';
import { NAL, nalUnitType } from './nal-unit-type.js';
import { type PictureParameterSet, parsePps, parsePpsIds } from './pps.js';
import { parseSps, type SequenceParameterSet } from './sps.js';

const NONE: readonly Uint8Array[] = [];

interface StoredSet {
  readonly bytes: Uint8Array;
  readonly inherited: boolean;
}
interface StoredSps extends StoredSet {
  readonly sps: SequenceParameterSet;
}
interface StoredPps extends StoredSet {
  readonly spsId: number;
  /** What the last parse led to, and the set it was made with. */
  parsed: { readonly sps: SequenceParameterSet; readonly result: ResolvedSets } | undefined;
}

/** Whether a set was taken, was there already byte for byte, or is damaged and was ignored. */
export type SetAcceptance = 'changed' | 'unchanged' | 'damaged';

export type ResolvedSets =
  | { readonly ok: true; readonly pps: PictureParameterSet; readonly sps: SequenceParameterSet }
  | { readonly ok: false; readonly reason: 'no-parameter-sets' | 'damaged-parameter-sets' };

const NO_SETS: ResolvedSets = { ok: false, reason: 'no-parameter-sets' };
const DAMAGED_SETS: ResolvedSets = { ok: false, reason: 'damaged-parameter-sets' };

export class ParameterSets {
  readonly #sps = new Map<number, StoredSps>();
  readonly #pps = new Map<number, StoredPps>();
  readonly #extensions = new Map<number, StoredSet>();
  /** Sets of the stream that no sample and no description holds yet, in their order. */
  readonly #unsent = new Set<Uint8Array>();
  #version = 0;
  #bytes = 0;

  /** Goes up whenever the bytes of any set change. */
  get version(): number {
    return this.#version;
  }

  /** Whether sets of an earlier connection are among those in force. */
  get anyInherited(): boolean {
    return this.#all().some((set) => set.inherited);
  }

  /** The NAL units in force, sequence parameter sets first. Copies of their own: they pin no packet. */
  get nalUnits(): Uint8Array[] {
    return this.#all().map((set) => set.bytes);
  }

  /** Takes a NAL unit of type 7, 8 or 13. Bytes are copied. `inherited`: it comes from an earlier connection. */
  accept(nalUnit: Uint8Array, inherited = false): SetAcceptance {
    if (nalUnit.length > MAX_PARAMETER_SET_BYTES) return 'damaged';
    switch (nalUnitType(nalUnit)) {
      case NAL.sps:
        if (isRepeated(this.#sps, nalUnit, inherited)) return 'unchanged';
        return this.#acceptSps(nalUnit, inherited);
      case NAL.pps:
        if (isRepeated(this.#pps, nalUnit, inherited)) return 'unchanged';
        return this.#acceptPps(nalUnit, inherited);
      case NAL.spsExtension:
        if (isRepeated(this.#extensions, nalUnit, inherited)) return 'unchanged';
        return this.#acceptExtension(nalUnit, inherited);
      default:
        return 'damaged';
    }
  }

  /** The two sets that a slice names. */
  resolve(ppsId: number): ResolvedSets {
    const stored = this.#pps.get(ppsId);
    const sps = stored && this.#sps.get(stored.spsId)?.sps;
    if (stored === undefined || sps === undefined) return NO_SETS;
    return parsedWith(stored, sps);
  }

  /**
   * All sets that a description of `activeSpsId` can hold, the active one first, else by id. Left out are picture
   * parameter sets that cannot be parsed, or whose sequence parameter set found no room: some decoders refuse a record
   * with one of those.
   */
  describable(activeSpsId: number): ParameterSetLists {
    const ids = [...this.#sps.keys()].sort((a, b) => a - b);
    const spsIds = [activeSpsId, ...ids.filter((id) => id !== activeSpsId)].slice(
      0,
      MAX_RECORD_SPS,
    );
    const pps = [...this.#pps]
      .sort(([a], [b]) => a - b)
      .filter(([id, { spsId }]) => spsIds.includes(spsId) && this.resolve(id).ok);
    const bytesOf = (sets: ReadonlyMap<number, StoredSet>): Uint8Array[] =>
      spsIds.flatMap((id) => sets.get(id)?.bytes ?? []);
    return {
      sps: bytesOf(this.#sps),
      pps: pps.slice(0, MAX_RECORD_PPS).map(([, set]) => set.bytes),
      spsExtensions: bytesOf(this.#extensions),
    };
  }

  /**
   * Hands out, once, the sets of the stream that have changed. Where a description begins, `described`, those in force
   * that it leaves out: what stood in samples before it is in another file.
   */
  takeUnsent(described: ParameterSetLists | undefined): readonly Uint8Array[] {
    if (described === undefined && this.#unsent.size === 0) return NONE;
    let unsent = [...this.#unsent];
    if (described !== undefined) {
      const held = new Set([...described.sps, ...described.pps, ...described.spsExtensions]);
      unsent = this.nalUnits.filter((bytes) => !held.has(bytes));
    }
    this.#unsent.clear();
    return unsent;
  }

  #acceptSps(nalUnit: Uint8Array, inherited: boolean): SetAcceptance {
    const parsed = parseSps(nalUnit);
    if (!parsed.ok) return 'damaged';
    const acceptance = this.#store(this.#sps, parsed.sps.id, nalUnit, inherited, (set) => ({
      ...set,
      sps: parsed.sps,
    }));
    // The stream's own configuration differs from the inherited one: nothing of the old is to be trusted.
    if (acceptance === 'changed' && !inherited) {
      this.#dropInherited();
      this.#sendPpsAgain(parsed.sps.id);
    }
    return acceptance;
  }

  /**
   * Decoders read a picture parameter set by the sequence parameter set that is there when it comes: behind a changed one
   * those that name it have to follow, even where a description or an earlier sample holds the same bytes.
   */
  #sendPpsAgain(spsId: number): void {
    for (const [id, set] of this.#pps) {
      if (set.spsId !== spsId || set.inherited) continue;
      this.#unsent.delete(set.bytes);
      // Another copy: what has been sent is known by its identity.
      const bytes = new Uint8Array(set.bytes);
      this.#pps.set(id, { ...set, bytes });
      this.#unsent.add(bytes);
    }
  }

  #acceptPps(nalUnit: Uint8Array, inherited: boolean): SetAcceptance {
    const ids = parsePpsIds(nalUnit);
    if (!ids.ok) return 'damaged';
    return this.#store(this.#pps, ids.id, nalUnit, inherited, (set) => ({
      ...set,
      spsId: ids.spsId,
      parsed: undefined,
    }));
  }

  #acceptExtension(nalUnit: Uint8Array, inherited: boolean): SetAcceptance {
    const reader = new BitReader(nalUnit);
    const seq_parameter_set_id = reader.ue('seq_parameter_set_id', 31);
    if (reader.failure !== undefined) return 'damaged';
    return this.#store(this.#extensions, seq_parameter_set_id, nalUnit, inherited, (set) => set);
  }

  #store<Stored extends StoredSet>(
    sets: Map<number, Stored>,
    id: number,
    nalUnit: Uint8Array,
    inherited: boolean,
    complete: (set: StoredSet) => Stored,
  ): SetAcceptance {
    const old = sets.get(id);
    const bytes = this.#bytes - (old?.bytes.length ?? 0) + nalUnit.length;
    if (bytes > MAX_PARAMETER_SETS_BYTES) return 'damaged';
    this.#bytes = bytes;
    this.#version++;
    const set = complete({ bytes: new Uint8Array(nalUnit), inherited });
    sets.set(id, set);
    if (old !== undefined) this.#unsent.delete(old.bytes);
    if (!inherited) this.#unsent.add(set.bytes);
    return 'changed';
  }

  #dropInherited(): void {
    for (const sets of [this.#sps, this.#pps, this.#extensions]) {
      for (const [id, set] of sets) {
        if (!set.inherited) continue;
        sets.delete(id);
        this.#bytes -= set.bytes.length;
        this.#version++;
      }
    }
  }

  #all(): StoredSet[] {
    return [...this.#sps.values(), ...this.#extensions.values(), ...this.#pps.values()];
  }
}

/**
 * Whether a set is there byte for byte, as it is before nearly every key picture: then it need not be parsed. An
 * inherited one is the stream's own from now on when the stream has sent it too.
 */
function isRepeated<Stored extends StoredSet>(
  sets: Map<number, Stored>,
  nalUnit: Uint8Array,
  inherited: boolean,
): boolean {
  for (const [id, set] of sets) {
    if (Buffer.compare(set.bytes, nalUnit) !== 0) continue;
    if (set.inherited && !inherited) sets.set(id, { ...set, inherited });
    return true;
  }
  return false;
}

/** Made once for each pair of sets, not once for each slice. */
function parsedWith(stored: StoredPps, sps: SequenceParameterSet): ResolvedSets {
  if (stored.parsed?.sps === sps) return stored.parsed.result;
  const parsed = parsePps(stored.bytes, sps);
  const result: ResolvedSets = parsed.ok ? { ok: true, pps: parsed.pps, sps } : DAMAGED_SETS;
  stored.parsed = { sps, result };
  return result;
}
