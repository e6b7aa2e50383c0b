/**
 * Builds valid H.264 NAL units from plain options: parameter sets, slices of any kind, and what stands around them.
 * The slice data behind the headers is filling: nothing here can be decoded into pictures.
 */
import { BitWriter } from './h264-bit-writer.js';

export interface SpsOptions {
  id?: number;
  profileIdc?: number;
  constraintFlags?: number;
  levelIdc?: number;
  chromaFormatIdc?: number;
  separateColourPlane?: boolean;
  bitDepth?: number;
  /** One scaling list of each size, to be read over. */
  scalingLists?: boolean;
  frameNumBits?: number;
  pictureOrder?:
    | { type: 0; lsbBits?: number }
    | {
        type: 1;
        deltaAlwaysZero?: boolean;
        offsetForNonRefPic?: number;
        offsetForTopToBottomField?: number;
        offsetsForRefFrame?: number[];
      }
    | { type: 2 };
  maxNumRefFrames?: number;
  gapsInFrameNumAllowed?: boolean;
  widthInMbs?: number;
  heightInMapUnits?: number;
  frameMbsOnly?: boolean;
  /** Left, right, top, bottom in crop units. */
  crop?: [number, number, number, number];
  vui?: VuiOptions;
}

export interface VuiOptions {
  aspectRatioIdc?: number;
  extendedSar?: [number, number];
  fullRange?: boolean;
  colour?: [primaries: number, transfer: number, matrix: number];
  timing?: { numUnitsInTick: number; timeScale: number; fixedFrameRate?: boolean };
  hrd?: boolean;
  reorder?: { maxNumReorderFrames: number; maxDecFrameBuffering: number };
}

export function sps(options: SpsOptions = {}): Buffer {
  const profileIdc = options.profileIdc ?? 66;
  const order = options.pictureOrder ?? { type: 0 };
  const frameMbsOnly = options.frameMbsOnly ?? true;
  const writer = new BitWriter()
    .u(8, profileIdc)
    .u(8, options.constraintFlags ?? 0)
    .u(8, options.levelIdc ?? 31)
    .ue(options.id ?? 0);
  if (![66, 77, 88].includes(profileIdc)) {
    const chromaFormatIdc = options.chromaFormatIdc ?? 1;
    writer.ue(chromaFormatIdc);
    if (chromaFormatIdc === 3) writer.flag(options.separateColourPlane ?? false);
    writer.ue((options.bitDepth ?? 8) - 8).ue((options.bitDepth ?? 8) - 8);
    writer.flag(false).flag(options.scalingLists ?? false);
    if (options.scalingLists) scalingLists(writer, chromaFormatIdc === 3 ? 12 : 8);
  }
  writer.ue((options.frameNumBits ?? 4) - 4).ue(order.type);
  if (order.type === 0) writer.ue((order.lsbBits ?? 8) - 4);
  if (order.type === 1) {
    const offsets = order.offsetsForRefFrame ?? [];
    writer
      .flag(order.deltaAlwaysZero ?? false)
      .se(order.offsetForNonRefPic ?? 0)
      .se(order.offsetForTopToBottomField ?? 0)
      .ue(offsets.length);
    for (const offset of offsets) writer.se(offset);
  }
  writer.ue(options.maxNumRefFrames ?? 1).flag(options.gapsInFrameNumAllowed ?? false);
  writer.ue((options.widthInMbs ?? 11) - 1).ue((options.heightInMapUnits ?? 9) - 1);
  writer.flag(frameMbsOnly);
  if (!frameMbsOnly) writer.flag(false);
  writer.flag(true).flag(options.crop !== undefined);
  for (const offset of options.crop ?? []) writer.ue(offset);
  writer.flag(options.vui !== undefined);
  if (options.vui !== undefined) vui(writer, options.vui);
  return writer.nalUnit(0x67);
}

/** The first list of each size ends at once, by a scale of 0; the second is whole; the others are absent. */
function scalingLists(writer: BitWriter, count: number): void {
  for (let i = 0; i < count; i++) {
    const place = i < 6 ? i : i - 6;
    writer.flag(place < 2);
    if (place === 0) writer.se(-8);
    if (place === 1) for (let k = 0; k < (i < 6 ? 16 : 64); k++) writer.se(1);
  }
}

function vui(writer: BitWriter, options: VuiOptions): void {
  const { extendedSar, colour, timing, reorder } = options;
  const aspectRatioIdc = extendedSar === undefined ? options.aspectRatioIdc : 255;
  writer.flag(aspectRatioIdc !== undefined);
  if (aspectRatioIdc !== undefined) writer.u(8, aspectRatioIdc);
  for (const side of extendedSar ?? []) writer.u(16, side);
  writer.flag(false);
  const videoSignal = colour !== undefined || options.fullRange !== undefined;
  writer.flag(videoSignal);
  if (videoSignal) {
    writer
      .u(3, 5)
      .flag(options.fullRange ?? false)
      .flag(colour !== undefined);
    for (const codePoint of colour ?? []) writer.u(8, codePoint);
  }
  writer.flag(false).flag(timing !== undefined);
  if (timing !== undefined) {
    writer
      .u(32, timing.numUnitsInTick)
      .u(32, timing.timeScale)
      .flag(timing.fixedFrameRate ?? true);
  }
  writer.flag(options.hrd ?? false);
  if (options.hrd) writer.ue(1).u(8, 0).ue(9).ue(9).u(1, 0).ue(70_000).ue(9).u(1, 1).u(20, 0xfffff);
  writer.flag(false);
  if (options.hrd) writer.flag(false);
  writer.flag(false).flag(reorder !== undefined);
  if (reorder !== undefined) {
    writer.flag(true).ue(2).ue(1).ue(16).ue(16);
    writer.ue(reorder.maxNumReorderFrames).ue(reorder.maxDecFrameBuffering);
  }
}

export interface PpsOptions {
  id?: number;
  spsId?: number;
  cabac?: boolean;
  bottomFieldPicOrder?: boolean;
  /** A slice group map as the standard's syntax has it: written after the number of groups. */
  sliceGroups?: { count: number; write: (writer: BitWriter) => void };
  defaultRefs?: [number, number];
  weightedPrediction?: boolean;
  weightedBipredIdc?: number;
  picInitQp?: number;
  redundantPicCnt?: boolean;
  /** The fields of the High profiles; the value is the number of scaling lists, none where 0. */
  high?: { transform8x8: boolean; scalingLists: number };
}

export function pps(options: PpsOptions = {}): Buffer {
  const writer = new BitWriter()
    .ue(options.id ?? 0)
    .ue(options.spsId ?? 0)
    .flag(options.cabac ?? false)
    .flag(options.bottomFieldPicOrder ?? false)
    .ue((options.sliceGroups?.count ?? 1) - 1);
  options.sliceGroups?.write(writer);
  const [l0, l1] = options.defaultRefs ?? [1, 1];
  writer
    .ue(l0 - 1)
    .ue(l1 - 1)
    .flag(options.weightedPrediction ?? false)
    .u(2, options.weightedBipredIdc ?? 0)
    .se((options.picInitQp ?? 26) - 26)
    .se(0)
    .se(-2)
    .flag(true)
    .flag(false)
    .flag(options.redundantPicCnt ?? false);
  if (options.high !== undefined) {
    writer.flag(options.high.transform8x8).flag(options.high.scalingLists > 0);
    if (options.high.scalingLists > 0) scalingLists(writer, options.high.scalingLists);
    writer.se(-2);
  }
  return writer.nalUnit(0x68);
}

export interface SliceOptions {
  /** The parameter sets that the slice is written for. */
  sps?: SpsOptions;
  pps?: PpsOptions;
  idr?: boolean;
  /** nal_unit_type 2 instead of 1. */
  partitionA?: boolean;
  nalRefIdc?: number;
  firstMb?: number;
  /** As in the standard: 0 P, 1 B, 2 I, 3 SP, 4 SI. */
  sliceType?: number;
  colourPlaneId?: number;
  frameNum?: number;
  field?: 'top' | 'bottom';
  idrPicId?: number;
  picOrderCntLsb?: number;
  deltaPicOrderCntBottom?: number;
  deltaPicOrderCnt?: [number, number];
  redundantPicCnt?: number;
  /** Lengths of the reference lists, in place of the defaults. */
  refs?: number[];
  /** Pairs of modification_of_pic_nums_idc and its value, for each list. */
  modifications?: [number, number][];
  /** Writes a table with all weights given. */
  weights?: boolean;
  /** Memory management control operations with their values; 0 at the end is added. */
  marking?: number[][];
  /** The filling behind the header. */
  data?: Iterable<number>;
}

/** A slice of type 5, 1 or 2. Fields that the parameter sets leave out are left out. */
export function slice(options: SliceOptions = {}): Buffer {
  const set = options.sps ?? {};
  const picture = options.pps ?? {};
  const order = set.pictureOrder ?? { type: 0 };
  const idr = options.idr ?? false;
  const sliceType = options.sliceType ?? (idr ? 2 : 0);
  const nalRefIdc = options.nalRefIdc ?? (idr ? 3 : 2);
  const writer = new BitWriter()
    .ue(options.firstMb ?? 0)
    .ue(sliceType)
    .ue(picture.id ?? 0);
  if (set.separateColourPlane) writer.u(2, options.colourPlaneId ?? 0);
  writer.u(set.frameNumBits ?? 4, options.frameNum ?? 0);
  if (set.frameMbsOnly === false) {
    writer.flag(options.field !== undefined);
    if (options.field !== undefined) writer.flag(options.field === 'bottom');
  }
  if (idr) writer.ue(options.idrPicId ?? 0);
  const withBottom = (picture.bottomFieldPicOrder ?? false) && options.field === undefined;
  if (order.type === 0) {
    writer.u(order.lsbBits ?? 8, options.picOrderCntLsb ?? 0);
    if (withBottom) writer.se(options.deltaPicOrderCntBottom ?? 0);
  }
  if (order.type === 1 && !order.deltaAlwaysZero) {
    writer.se(options.deltaPicOrderCnt?.[0] ?? 0);
    if (withBottom) writer.se(options.deltaPicOrderCnt?.[1] ?? 0);
  }
  if (picture.redundantPicCnt) writer.ue(options.redundantPicCnt ?? 0);
  references(writer, options, picture, sliceType, set.chromaFormatIdc !== 0);
  if (nalRefIdc > 0) marking(writer, idr, options.marking);
  writer.bytes(options.data ?? [0x5a, 0xa5]);
  const type = idr ? 5 : options.partitionA ? 2 : 1;
  return writer.nalUnit((nalRefIdc << 5) | type);
}

function references(
  writer: BitWriter,
  options: SliceOptions,
  picture: PpsOptions,
  sliceType: number,
  chroma: boolean,
): void {
  if (sliceType === 1) writer.flag(true);
  const lists = sliceType === 1 ? 2 : sliceType === 0 || sliceType === 3 ? 1 : 0;
  if (lists > 0) {
    writer.flag(options.refs !== undefined);
    for (const length of options.refs ?? []) writer.ue(length - 1);
  }
  for (let list = 0; list < lists; list++) {
    writer.flag(options.modifications !== undefined);
    if (options.modifications === undefined) continue;
    for (const [operation, value] of options.modifications) writer.ue(operation).ue(value);
    writer.ue(3);
  }
  if (!options.weights) return;
  const lengths = (options.refs ?? picture.defaultRefs ?? [1, 1]).slice(0, lists);
  writer.ue(5);
  if (chroma) writer.ue(5);
  for (const length of lengths) {
    for (let i = 0; i < length; i++) {
      writer.flag(true).se(31).se(-3);
      if (chroma) writer.flag(true).se(-128).se(127).se(1).se(0);
    }
  }
}

function marking(writer: BitWriter, idr: boolean, operations: number[][] | undefined): void {
  if (idr) {
    writer.u(2, 0);
    return;
  }
  writer.flag(operations !== undefined);
  if (operations === undefined) return;
  for (const operation of operations) for (const value of operation) writer.ue(value);
  writer.ue(0);
}

export const accessUnitDelimiter = Buffer.of(0x09, 0xf0);
export const endOfSequence = Buffer.of(0x0a);
export const fillerData = Buffer.of(0x0c, 0xff, 0xff, 0x80);

/** A message of user data; `content` tells one from another. */
export function sei(content = 0x42): Buffer {
  return Buffer.of(0x06, 0x05, 0x02, content, content, 0x80);
}

/** Bytes of a NAL unit of any type, with filling that holds no start code. */
export function otherNalUnit(header: number, length = 4): Buffer {
  return Buffer.concat([Buffer.of(header), Buffer.alloc(length - 1, 0x77)]);
}

/** One payload in Annex B, start codes of four bytes, or of three where `startCode` says so. */
export function annexB(nalUnits: readonly Uint8Array[], startCode: 3 | 4 = 4): Buffer {
  const code = startCode === 4 ? Buffer.of(0, 0, 0, 1) : Buffer.of(0, 0, 1);
  return Buffer.concat(nalUnits.flatMap((nalUnit) => [code, nalUnit]));
}

/** One payload of NAL units behind their lengths. */
export function lengthPrefixed(nalUnits: readonly Uint8Array[], lengthSize = 4): Buffer {
  return Buffer.concat(
    nalUnits.flatMap((nalUnit) => {
      const length = Buffer.alloc(lengthSize);
      length.writeUIntBE(nalUnit.length, 0, lengthSize);
      return [length, nalUnit];
    }),
  );
}

/** The least that can be decoded: both parameter sets and an IDR picture, with all options left out. */
export const idrAndSets: readonly Buffer[] = [sps(), pps(), slice({ idr: true })];
