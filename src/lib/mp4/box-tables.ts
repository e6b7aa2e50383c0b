/**
 * The tables of a track: stts, ctts, cslg, stss, stsc, stsz, stco and co64
 * (ISO/IEC 14496-12, 8.6.1, 8.6.2, 8.7.3 to 8.7.5), written from a SampleTable page by page.
 */
import { type Box, fullBox, type TableContent, u32 } from './box.js';
import type { RowList } from './row-list.js';
import type { RunRows } from './run-rows.js';
import type { SampleTable } from './sample-table.js';

const MAX_I32 = 0x7fff_ffff;

/** Decoding times, as runs of equal durations. */
export function stts(table: SampleTable): Box {
  return runsBox('stts', 0, table.durations); // sample_count, sample_delta
}

/** Whether any sample is presented at another time than it is decoded. */
export function hasCompositionOffsets(table: SampleTable): boolean {
  return table.leastCompositionOffset < 0 || table.greatestCompositionOffset > 0;
}

/** From decoding to presentation times. Version 1: offsets are signed. */
export function ctts(table: SampleTable): Box {
  return runsBox('ctts', 1, table.compositionOffsets); // sample_count, sample_offset
}

function runsBox(type: string, version: number, runs: RunRows): Box {
  const rows = { size: runs.count * 8, pieces: () => runs.pages() };
  return fullBox(type, version, 0, u32(runs.count), rows);
}

/** The bounds of the composition offsets, which readers would otherwise have to find. */
export function cslg(table: SampleTable): Box {
  const large = table.duration > MAX_I32;
  const value = large ? i64 : u32;
  return fullBox(
    'cslg',
    large ? 1 : 0,
    0,
    value(-table.leastCompositionOffset), // compositionToDTSShift
    value(table.leastCompositionOffset), // leastDecodeToDisplayDelta
    value(table.greatestCompositionOffset), // greatestDecodeToDisplayDelta
    value(0), // compositionStartTime
    value(table.duration), // compositionEndTime
  );
}

/** The key samples. Its presence says that the others are none. */
export function stss({ keys }: SampleTable): Box {
  return fullBox('stss', 0, 0, u32(keys.count), rowsOf(keys)); // sample_number
}

/** Samples per chunk, as runs of equal chunks. */
export function stsc({ chunks }: SampleTable): Box {
  // first_chunk, samples_per_chunk, sample_description_index
  const rows = { size: chunks.runs * 12, pieces: () => chunks.runPages() };
  return fullBox('stsc', 0, 0, u32(chunks.runs), rows);
}

/** Sample sizes, bytes (8.7.3.2). */
export function stsz({ sizes }: SampleTable): Box {
  return fullBox(
    'stsz',
    0,
    0,
    u32(0), // sample_size: each has its own
    u32(sizes.count), // sample_count
    rowsOf(sizes), // entry_size
  );
}

/** Where the chunks are: stco, or co64 where 32 bits do not suffice. */
export function chunkOffsets({ chunks }: SampleTable): Box {
  const { isLarge } = chunks;
  const rows = {
    size: chunks.count * (isLarge ? 8 : 4),
    pieces: () => chunks.offsetPages(), // chunk_offset
  };
  return fullBox(isLarge ? 'co64' : 'stco', 0, 0, u32(chunks.count), rows);
}

function rowsOf(list: RowList): TableContent {
  return { size: list.size, pieces: () => list.pages() };
}

/** Two's complement. */
function i64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
  return bytes;
}
