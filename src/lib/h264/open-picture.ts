/** The picture that is being put together from its NAL units. */
import type { OutputOrder, VideoDescription } from './coded-picture.js';
import { MAX_NAL_UNITS, MAX_PICTURE_BYTES } from './limits.js';
import { NAL, nalRefIdc, nalUnitType } from './nal-unit-type.js';
import type { SliceHeader } from './slice-header.js';
import type { SequenceParameterSet } from './sps.js';

/** Why a picture could not be described; the raw stream holds it all the same. */
export type UndecodableReason =
  | 'no-parameter-sets'
  | 'damaged-parameter-sets'
  | 'damaged-slice-header'
  | 'too-large';

/** What the first readable slice header, and the parameter sets it names, say about a picture. */
export interface PictureFacts {
  readonly header: SliceHeader;
  readonly sps: SequenceParameterSet;
  readonly order: OutputOrder;
  readonly newDescription: VideoDescription | undefined;
  /** Later pictures need parameter sets that come with this one. */
  readonly bringsSets: boolean;
}

/** Never added to: an array that has grown by one has room for sixteen more, and there are many pictures. */
const NOTHING: Uint8Array[] = [];

export class OpenPicture<Tag> {
  readonly tag: Tag;
  /** By the first slice: these two are the same in all slices of a picture. */
  readonly idr: boolean;
  readonly referenced: boolean;
  /** Set once a slice header could be read. */
  facts: PictureFacts | undefined;
  /** Why none could be read so far, or nothing. */
  failure: UndecodableReason | undefined;
  #nalUnits: Uint8Array[] = NOTHING;
  /** What has been added to the last NAL unit since. */
  #rest: Uint8Array[] = NOTHING;
  #bytes = 0;
  #tooLarge = false;

  constructor(firstSlice: Uint8Array, tag: Tag) {
    this.tag = tag;
    this.idr = nalUnitType(firstSlice) === NAL.idrSlice;
    this.referenced = nalRefIdc(firstSlice) !== 0;
  }

  get nalUnits(): readonly Uint8Array[] {
    this.#joinRest();
    return this.#nalUnits;
  }

  /** More than a picture can be: its NAL units are not kept. */
  get tooLarge(): boolean {
    return this.#tooLarge;
  }

  add(nalUnit: Uint8Array): void {
    if (!this.#admit(nalUnit.length, this.#nalUnits.length)) return;
    this.#joinRest();
    if (this.#nalUnits === NOTHING) this.#nalUnits = [nalUnit];
    else this.#nalUnits.push(nalUnit);
  }

  /** More of the NAL unit that was added last. Joined later, all at once: there may be thousands of pieces. */
  extendLast(piece: Uint8Array): void {
    if (!this.#admit(piece.length, this.#rest.length)) return;
    if (this.#rest === NOTHING) this.#rest = [piece];
    else this.#rest.push(piece);
  }

  /** Puts parameter sets in front. */
  prepend(nalUnits: readonly Uint8Array[]): void {
    if (!this.#tooLarge && nalUnits.length > 0) this.#nalUnits = [...nalUnits, ...this.#nalUnits];
  }

  #admit(bytes: number, pieces: number): boolean {
    if (this.#tooLarge) return false;
    this.#bytes += bytes;
    if (this.#bytes <= MAX_PICTURE_BYTES && pieces < MAX_NAL_UNITS) return true;
    this.#tooLarge = true;
    this.#nalUnits = NOTHING;
    this.#rest = NOTHING;
    return false;
  }

  #joinRest(): void {
    if (this.#rest.length === 0) return;
    const last = this.#nalUnits.pop();
    if (last !== undefined) this.#nalUnits.push(Buffer.concat([last, ...this.#rest]));
    this.#rest = NOTHING;
  }
}
