/** Scaling lists of both kinds of parameter sets (ISO/IEC 14496-10, 7.3.2.1.1.1): read to get past them. */
import type { BitReader } from './bit-reader.js';

/** `count` lists, each behind a flag that says whether it is there: six of 16 entries, then those of 64. */
export function skipScalingLists(reader: BitReader, count: number): void {
  for (let i = 0; i < count; i++) {
    if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
  }
}

function skipScalingList(reader: BitReader, size: number): void {
  let last_scale = 8;
  for (let i = 0; i < size; i++) {
    const delta_scale = reader.se('delta_scale', -128, 127);
    const next_scale = (last_scale + delta_scale + 256) % 256;
    // 0 ends the list: the rest repeats the last value.
    if (next_scale === 0) return;
    last_scale = next_scale;
  }
}
