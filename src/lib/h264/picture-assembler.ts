/**
 * From NAL units to pictures: finds where each primary coded picture begins and ends (ISO/IEC 14496-10, 7.4.1.2.3
 * and 7.4.1.2.4), however packets cut the stream, and says what an MP4 needs to know about it.
 */
import type { CodedPicture, VideoTiming } from './coded-picture.js';
import { DescriptionTracker } from './description-tracker.js';
import { MAX_NAL_UNITS, MAX_PREFIX_BYTES } from './limits.js';
import { NAL, nalRefIdc, nalUnitType } from './nal-unit-type.js';
import { type Framing, splitNalUnits } from './nal-units.js';
import { OpenPicture, type UndecodableReason } from './open-picture.js';
import { ParameterSets } from './parameter-sets.js';
import { startsNewPicture } from './picture-boundaries.js';
import { PictureOrderCounter } from './picture-order.js';
import {
  parseSliceHeader,
  readFirstMbInSlice,
  readSlicePpsId,
  type SliceHeader,
} from './slice-header.js';
import type { SequenceParameterSet } from './sps.js';
import { startCodeOverTheBorder } from './start-codes.js';
import { describeTiming } from './video-description.js';

/** What comes out, in decoding order: one of these for each picture. */
export type AssemblerOutput<Tag> =
  | { readonly type: 'picture'; readonly picture: CodedPicture<Tag> }
  | { readonly type: 'undecodable'; readonly reason: UndecodableReason; readonly tag: Tag }
  | {
      readonly type: 'unsupported';
      readonly feature: 'field-pictures';
      readonly tag: Tag;
      readonly timing: VideoTiming;
    };

/** Never added to: most packets end one picture or none. */
const NO_OUTPUTS: never[] = [];

/** More zeros than these in a row are in no NAL unit (7.4.1). */
const MAX_INNER_ZEROS = 2;

export interface PictureAssemblerOptions {
  /** NAL units of an earlier connection's sets, used until the stream brings its own. */
  readonly inheritedParameterSets?: readonly Uint8Array[];
}

type ReadSlice =
  | { readonly ok: true; readonly header: SliceHeader; readonly sps: SequenceParameterSet }
  | { readonly ok: false; readonly reason: UndecodableReason };

/**
 * Feed it payloads in decoding order. A picture comes out when the first NAL unit after it arrives, or at `flush`.
 * Memory is bounded by one picture, what stands in front of it, and the parameter sets. Never throws, whatever the
 * bytes are.
 */
export class PictureAssembler<Tag> {
  readonly #sets = new ParameterSets();
  readonly #descriptions = new DescriptionTracker(this.#sets);
  readonly #order = new PictureOrderCounter();
  #framing: Framing = 'annex-b';
  #open: OpenPicture<Tag> | undefined;
  /** NAL units that stand before the next slice and may belong to its picture. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Whether the last NAL unit went into the open picture. */
  #canContinue = false;
  #outputs: AssemblerOutput<Tag>[] = NO_OUTPUTS;

  constructor(options: PictureAssemblerOptions = {}) {
    for (const nalUnit of options.inheritedParameterSets ?? []) this.#sets.accept(nalUnit, true);
  }

  /** The parameter sets in force as NAL units, to be inherited by the next connection. */
  get parameterSetsInForce(): readonly Uint8Array[] {
    return this.#sets.nalUnits;
  }

  /** Whether a description so far rests on inherited sets. */
  get usedInheritedParameterSets(): boolean {
    return this.#descriptions.usedInherited;
  }

  /**
   * Takes one payload, or its NAL units where they have been split already. The bytes must stay unchanged until the
   * picture that they belong to has come out.
   */
  push(input: Uint8Array | readonly Uint8Array[], tag: Tag): readonly AssemblerOutput<Tag>[] {
    for (const nalUnit of input instanceof Uint8Array ? this.#split(input) : input) {
      this.#accept(nalUnit, tag);
    }
    return this.#take();
  }

  /**
   * Goes on with the last NAL unit that was pushed: an encoder may cut a picture anywhere, a byte stream has no
   * borders. `zeros` were left out at its end as padding. Continues slices only; of anything else the rest is
   * left out.
   */
  continueLast(zeros: number, rest: Uint8Array, tag: Tag): readonly AssemblerOutput<Tag>[] {
    const startCode = startCodeOverTheBorder(zeros, rest);
    if (startCode > 0) {
      this.#accept(rest.subarray(startCode), tag);
    } else if (this.#canContinue && rest.length > 0) {
      if (zeros > 0) this.#open?.extendLast(Buffer.alloc(Math.min(zeros, MAX_INNER_ZEROS)));
      this.#open?.extendLast(rest);
    }
    return this.#take();
  }

  /** Ends the picture that is open: the stream pauses or is over. What it has told so far stays in force. */
  flush(): readonly AssemblerOutput<Tag>[] {
    this.#finish();
    this.#dropPending();
    return this.#take();
  }

  #take(): readonly AssemblerOutput<Tag>[] {
    const outputs = this.#outputs;
    this.#outputs = NO_OUTPUTS;
    return outputs;
  }

  #split(payload: Uint8Array): readonly Uint8Array[] {
    const { framing, nalUnits } = splitNalUnits(payload, this.#framing);
    if (framing !== 'none') this.#framing = framing;
    return nalUnits;
  }

  #accept(nalUnit: Uint8Array, tag: Tag): void {
    this.#canContinue = false;
    const header = nalUnit[0];
    // forbidden_zero_bit: decoders skip such a NAL unit.
    if (header === undefined || header >= 0x80) return;
    const type = nalUnitType(nalUnit);
    switch (type) {
      case NAL.slice:
      case NAL.partitionA:
      case NAL.idrSlice:
        this.#acceptSlice(nalUnit, tag);
        break;
      case NAL.partitionB:
      case NAL.partitionC:
      case NAL.auxiliarySlice:
        // Belongs to the slices before it; without them nothing can be done with it.
        this.#open?.add(nalUnit);
        this.#canContinue = this.#open !== undefined;
        break;
      case NAL.sps:
      case NAL.pps:
      case NAL.spsExtension:
        this.#finish();
        this.#sets.accept(nalUnit);
        break;
      case NAL.accessUnitDelimiter:
        this.#finish();
        break;
      case NAL.endOfSequence:
      case NAL.endOfStream:
        this.#open?.add(nalUnit);
        this.#finish();
        break;
      case NAL.fillerData:
        break;
      case NAL.prefix:
        // Stands before every slice of a scalable stream: the slice will tell whose it is.
        this.#hold(nalUnit);
        break;
      default:
        if (type === NAL.sei || (type >= NAL.subsetSps && type <= NAL.reserved18)) this.#finish();
        if (this.#open !== undefined && this.#pending.length === 0) this.#open.add(nalUnit);
        else this.#hold(nalUnit);
    }
  }

  #acceptSlice(nalUnit: Uint8Array, tag: Tag): void {
    const slice = this.#readSlice(nalUnit);
    if (this.#open === undefined || this.#isNewPicture(this.#open, nalUnit, slice)) {
      this.#finish();
      this.#open = new OpenPicture(nalUnit, tag);
    }
    const open = this.#open;
    for (const held of this.#pending) open.add(held);
    this.#dropPending();
    open.add(nalUnit);
    this.#canContinue = true;
    if (!slice.ok) open.failure ??= slice.reason;
    else if (open.facts === undefined) this.#describe(open, slice.header, slice.sps);
  }

  #readSlice(nalUnit: Uint8Array): ReadSlice {
    const ppsId = readSlicePpsId(nalUnit);
    if (ppsId === undefined) return { ok: false, reason: 'damaged-slice-header' };
    const sets = this.#sets.resolve(ppsId);
    if (!sets.ok) return sets;
    const parsed = parseSliceHeader(nalUnit, sets.pps, sets.sps);
    return parsed.ok
      ? { ok: true, header: parsed.header, sps: sets.sps }
      : { ok: false, reason: 'damaged-slice-header' };
  }

  #isNewPicture(open: OpenPicture<Tag>, nalUnit: Uint8Array, slice: ReadSlice): boolean {
    if (slice.ok && open.facts !== undefined) {
      return startsNewPicture(open.facts.header, slice.header);
    }
    // One of the two could not be read. A damaged slice costs its picture nothing else; the first slice of a picture
    // nearly always begins at macroblock 0, and what the header byte tells holds for all slices of a picture.
    if (slice.ok && slice.header.redundantPicCnt > 0) return false;
    return (
      readFirstMbInSlice(nalUnit) === 0 ||
      (nalUnitType(nalUnit) === NAL.idrSlice) !== open.idr ||
      (nalRefIdc(nalUnit) !== 0) !== open.referenced
    );
  }

  #describe(open: OpenPicture<Tag>, header: SliceHeader, sps: SequenceParameterSet): void {
    const order = this.#order.next(header, sps);
    if (header.structure !== 'frame') {
      open.facts = { header, sps, order, newDescription: undefined, bringsSets: false };
      return;
    }
    const { newDescription, inBand } = this.#descriptions.next(sps, header.idr);
    open.prepend(inBand);
    const bringsSets = newDescription !== undefined || inBand.length > 0;
    open.facts = { header, sps, order, newDescription, bringsSets };
  }

  #finish(): void {
    this.#canContinue = false;
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const output = this.#outputOf(open);
    if (this.#outputs === NO_OUTPUTS) this.#outputs = [output];
    else this.#outputs.push(output);
  }

  #outputOf(open: OpenPicture<Tag>): AssemblerOutput<Tag> {
    const { tag, facts } = open;
    if (open.tooLarge) {
      if (facts?.bringsSets) this.#descriptions.forget();
      return { type: 'undecodable', reason: 'too-large', tag };
    }
    if (facts === undefined) {
      return { type: 'undecodable', reason: open.failure ?? 'damaged-slice-header', tag };
    }
    if (facts.header.structure !== 'frame') {
      const timing = describeTiming(facts.sps);
      return { type: 'unsupported', feature: 'field-pictures', tag, timing };
    }
    const { order, newDescription } = facts;
    const { nalUnits, idr } = open;
    return { type: 'picture', picture: { nalUnits, key: idr, order, tag, newDescription } };
  }

  #hold(nalUnit: Uint8Array): void {
    this.#pendingBytes += nalUnit.length;
    if (this.#pendingBytes > MAX_PREFIX_BYTES || this.#pending.length === MAX_NAL_UNITS) {
      // No picture has that much in front of it.
      this.#dropPending();
      return;
    }
    this.#pending.push(nalUnit);
  }

  #dropPending(): void {
    if (this.#pending.length === 0) return;
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}
