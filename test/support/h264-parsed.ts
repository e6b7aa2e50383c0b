/** Built NAL units, parsed: for tests of what works on parsed sets and headers. */
import { type PictureParameterSet, parsePps } from '../../src/lib/h264/pps.js';
import { parseSliceHeader, type SliceHeader } from '../../src/lib/h264/slice-header.js';
import { parseSps, type SequenceParameterSet } from '../../src/lib/h264/sps.js';
import {
  type PpsOptions,
  pps,
  type SliceOptions,
  type SpsOptions,
  slice,
  sps,
} from './h264-builder.js';

export function parsedSps(options: SpsOptions = {}): SequenceParameterSet {
  const result = parseSps(sps(options));
  if (!result.ok) throw new Error(result.reason);
  return result.sps;
}

export function parsedPps(options: PpsOptions = {}, set: SpsOptions = {}): PictureParameterSet {
  const result = parsePps(pps(options), parsedSps(set));
  if (!result.ok) throw new Error(result.reason);
  return result.pps;
}

export function parsedSlice(options: SliceOptions = {}): SliceHeader {
  const set = parsedSps(options.sps);
  const result = parseSliceHeader(slice(options), parsedPps(options.pps, options.sps), set);
  if (!result.ok) throw new Error(result.reason);
  return result.header;
}
