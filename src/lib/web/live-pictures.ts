/**
 * Cuts one camera's packets into pictures that a decoder takes one at a time, each key picture with its parameter
 * sets. Almost always a packet is a picture and goes on as it came, without a copy and without waiting for the next.
 */
import { isParameterSet, NAL, nalUnitType } from '../h264/nal-unit-type.js';
import { joinAnnexB } from '../h264/nal-units.js';
import type { LivePacket } from './live-source.js';

/** One picture for viewers. */
export interface LivePicture {
  readonly device: string;
  readonly key: boolean;
  /** Device clock, milliseconds. */
  readonly timestampMs: number;
  /** Milliseconds since the epoch. */
  readonly arrivalMs: number;
  /** Annex B, to be sent one after the other. */
  readonly chunks: readonly Uint8Array[];
  /** Of all chunks. */
  readonly bytes: number;
}

/** NAL units of a picture whose last slice may still come. */
interface Pending {
  readonly packet: LivePacket;
  readonly nalUnits: Uint8Array[];
}

/** NAL units held for one picture; more is no picture of a camera. */
const MAX_PENDING_NAL_UNITS = 16_384;

/** Parameter sets that are remembered. */
const MAX_PARAMETER_SETS = 64;

export class LivePictures {
  #parameterSets: Uint8Array[] = [];
  /** The camera spreads pictures over packets: each is complete only when the next begins. */
  #spreads = false;
  #pending: Pending | undefined;

  /** Takes a packet and returns the pictures that are complete. */
  push(packet: LivePacket): LivePicture[] {
    this.#remember(packet);
    const groups = groupByPicture(packet.nalUnits);
    const [first] = groups;
    if (first === undefined) return [];
    const complete: LivePicture[] = [];
    for (const group of groups) {
      if (!beginsPicture(group)) {
        this.#spreads = true;
        this.#continue(group);
        continue;
      }
      this.#release(complete);
      const pending = { packet, nalUnits: [...group] };
      if (this.#spreads) this.#pending = pending;
      else complete.push(this.#picture(pending, groups.length === 1));
    }
    return complete;
  }

  #continue(group: readonly Uint8Array[]): void {
    const { nalUnits } = this.#pending ?? {};
    if (nalUnits === undefined) return;
    if (nalUnits.length + group.length > MAX_PENDING_NAL_UNITS) this.#pending = undefined;
    else nalUnits.push(...group);
  }

  #release(complete: LivePicture[]): void {
    if (this.#pending === undefined) return;
    complete.push(this.#picture(this.#pending, false));
    this.#pending = undefined;
  }

  /** `whole`: the packet is the picture, and is sent as it stands. */
  #picture({ packet, nalUnits }: Pending, whole: boolean): LivePicture {
    const { device, timestampMs, arrivalMs } = packet;
    const asItStands = whole && packet.framing === 'annex-b';
    const chunks = [asItStands ? packet.payload : joinAnnexB(nalUnits)];
    const key = nalUnits.some((nalUnit) => nalUnitType(nalUnit) === NAL.idrSlice);
    const described = nalUnits.some((nalUnit) => nalUnitType(nalUnit) === NAL.sps);
    if (key && !described) {
      const sets = this.#parameterSets.length > 0 ? this.#parameterSets : packet.parameterSets;
      chunks.unshift(joinAnnexB(sets));
    }
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return { device, key, timestampMs, arrivalMs, chunks, bytes };
  }

  /** A sequence parameter set begins anew; copies, because the views would keep whole messages in memory. */
  #remember({ nalUnits }: LivePacket): void {
    const sets = nalUnits.filter(isParameterSet);
    if (sets.length === 0) return;
    if (sets.some((nalUnit) => nalUnitType(nalUnit) === NAL.sps)) this.#parameterSets = [];
    this.#parameterSets.push(...sets.map((nalUnit) => Uint8Array.from(nalUnit)));
    this.#parameterSets.splice(0, this.#parameterSets.length - MAX_PARAMETER_SETS);
  }
}

function isSlice(nalUnit: Uint8Array): boolean {
  const type = nalUnitType(nalUnit);
  return type >= NAL.slice && type <= NAL.idrSlice;
}

/** `first_mb_in_slice` is an Exp-Golomb code: 0 is a single set bit (ISO/IEC 14496-10, 9.1). */
function isFirstSlice(nalUnit: Uint8Array): boolean {
  const type = nalUnitType(nalUnit);
  if (type !== NAL.slice && type !== NAL.partitionA && type !== NAL.idrSlice) return false;
  return ((nalUnit[1] ?? 0) & 0x80) !== 0;
}

/** Groups with at least one slice each; what stands before a picture's slices belongs to it. */
function groupByPicture(nalUnits: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = [];
  let current: Uint8Array[] = [];
  let slices = 0;
  for (const nalUnit of nalUnits) {
    if (slices > 0 && (isFirstSlice(nalUnit) || !isSlice(nalUnit))) {
      groups.push(current);
      current = [];
      slices = 0;
    }
    current.push(nalUnit);
    if (isSlice(nalUnit)) slices += 1;
  }
  if (slices > 0) groups.push(current);
  return groups;
}

function beginsPicture(group: readonly Uint8Array[]): boolean {
  const first = group.find(isSlice);
  return first !== undefined && isFirstSlice(first);
}
