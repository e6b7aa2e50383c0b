/**
 * The headers of a movie with one video track (ISO/IEC 14496-12, 8.2 to 8.4, 8.7.1 and 8.8).
 */
import { ascii, type Box, box, fullBox, u16, u32, u64, zeros } from './box.js';

/** Our only track. */
export const TRACK_ID = 1;

/** Times of the headers, all in seconds since 1904 or in ticks of `timescale`. */
export interface HeaderTimes {
  /** Seconds since 1904-01-01 UTC. */
  readonly creationTime: number;
  /** Ticks per second, of the movie and of its track. */
  readonly timescale: number;
  /** Ticks. */
  readonly duration: number;
}

const SECONDS_FROM_1904_TO_1970 = 2_082_844_800;
const MAX_U32 = 0xffff_ffff;

/** Wall-clock milliseconds since 1970 as an MP4 creation time; 0 (unknown) for what it cannot hold. */
export function creationTimeFromMs(ms: number): number {
  const seconds = Math.floor(ms / 1000) + SECONDS_FROM_1904_TO_1970;
  return Number.isSafeInteger(seconds) && seconds > 0 ? seconds : 0;
}

/** The inverse of `creationTimeFromMs`, to the second. */
export function msFromCreationTime(creationTime: number): number {
  return (creationTime - SECONDS_FROM_1904_TO_1970) * 1000;
}

/** Version 1 of a header is the one with 64-bit times. */
function versionFor(times: HeaderTimes): 0 | 1 {
  return times.creationTime > MAX_U32 || times.duration > MAX_U32 ? 1 : 0;
}

/** Movie header (8.2.2). */
export function mvhd(times: HeaderTimes): Box {
  const version = versionFor(times);
  const time = version === 1 ? u64 : u32;
  return fullBox(
    'mvhd',
    version,
    0,
    time(times.creationTime), // creation_time
    time(times.creationTime), // modification_time
    u32(times.timescale), // timescale
    time(times.duration), // duration
    u32(0x0001_0000), // rate: 1.0
    u16(0x0100), // volume: 1.0
    zeros(2 + 8), // reserved
    identityMatrix(), // matrix
    zeros(24), // pre_defined
    u32(TRACK_ID + 1), // next_track_ID
  );
}

/** `width` and `height` are the shown size, sample aspect ratio applied, in pixels. */
export function tkhd(times: HeaderTimes, width: number, height: number): Box {
  const version = versionFor(times);
  const time = version === 1 ? u64 : u32;
  return fullBox(
    'tkhd',
    version,
    0x3, // flags: enabled, in movie
    time(times.creationTime), // creation_time
    time(times.creationTime), // modification_time
    u32(TRACK_ID), // track_ID
    zeros(4), // reserved
    time(times.duration), // duration
    zeros(8), // reserved
    u16(0), // layer
    u16(0), // alternate_group
    u16(0), // volume: not sound
    zeros(2), // reserved
    identityMatrix(), // matrix
    fixed16(width), // width, 16.16
    fixed16(height), // height, 16.16
  );
}

/** Media header (8.4.2). */
export function mdhd(times: HeaderTimes): Box {
  const version = versionFor(times);
  const time = version === 1 ? u64 : u32;
  return fullBox(
    'mdhd',
    version,
    0,
    time(times.creationTime), // creation_time
    time(times.creationTime), // modification_time
    u32(times.timescale), // timescale
    time(times.duration), // duration
    u16(0x55c4), // language: und
    u16(0), // pre_defined
  );
}

/** Handler reference: a video track (8.4.3). */
export function hdlr(): Box {
  return fullBox(
    'hdlr',
    0,
    0,
    u32(0), // pre_defined
    ascii('vide'), // handler_type
    zeros(12), // reserved
    ascii('Video\0'), // name
  );
}

/** Video media header (12.1.2). */
export function vmhd(): Box {
  return fullBox(
    'vmhd',
    0,
    1,
    u16(0), // graphicsmode: copy
    zeros(6), // opcolor
  );
}

/** The media data is in this same file. */
export function dinf(): Box {
  const url = fullBox('url ', 0, 1); // flags: self-contained
  return box('dinf', fullBox('dref', 0, 0, u32(1), url));
}

/** Says that fragments may follow. */
export function mvex(): Box {
  const trex = fullBox(
    'trex',
    0,
    0,
    u32(TRACK_ID), // track_ID
    u32(1), // default_sample_description_index
    u32(0), // default_sample_duration: each trun has its own
    u32(0), // default_sample_size: likewise
    u32(0), // default_sample_flags: likewise
  );
  return box('mvex', trex);
}

function identityMatrix(): Uint8Array {
  const matrix = new Uint8Array(36);
  const view = new DataView(matrix.buffer);
  view.setUint32(0, 0x0001_0000); // a: 1.0
  view.setUint32(16, 0x0001_0000); // d: 1.0
  view.setUint32(32, 0x4000_0000); // w: 1.0
  return matrix;
}

/** 16.16, held within what the field can say. */
function fixed16(value: number): Uint8Array {
  return u32(Math.min(Math.round(value * 0x1_0000), MAX_U32));
}
