/**
 * The tables of a track: stts, ctts, cslg, stss, stsc, stsz, stco and co64
 * (ISO/IEC 14496-12, 8.6.1, 8.6.2, 8.7.3 to 8.7.5), written from a SampleTable in pieces.
 */
import { type Box, fullBox, type TableContent, u32 } from './box.js';
import type { SampleTable } from './sample-table.js';

const MAX_U32 = 0xffff_ffff;
const MAX_I32 = 0x7fff_ffff;

/** How much of a table is made at a time. */
const PIECE_BYTES = 8 * 1024;

/** Writes the next row of a table at `at`. */
type RowWriter = (view: DataView, at: number) => void;

/** `rows` rows of `rowBytes` bytes, made by the writer that `begin` returns. */
function rowsOf(rows: number, rowBytes: number, begin: () => RowWriter): TableContent {
  return {
    size: rows * rowBytes,
    *pieces() {
      const writeRow = begin();
      const rowsPerPiece = Math.floor(PIECE_BYTES / rowBytes);
      const piece = new Uint8Array(Math.min(rows, rowsPerPiece) * rowBytes);
      const view = new DataView(piece.buffer);
      for (let left = rows; left > 0; left -= rowsPerPiece) {
        const bytes = Math.min(left, rowsPerPiece) * rowBytes;
        for (let at = 0; at < bytes; at += rowBytes) writeRow(view, at);
        yield piece.subarray(0, bytes);
      }
    },
  };
}

/** Decoding times, as runs of equal durations. */
export function stts(table: SampleTable): Box {
  const { durations } = table;
  const rows = rowsOf(durations.runs, 8, () => {
    const reader = durations.reader();
    return (view, at) => {
      reader.next();
      view.setUint32(at, reader.length); // sample_count
      view.setUint32(at + 4, reader.value); // sample_delta
    };
  });
  return fullBox('stts', 0, 0, u32(durations.runs), rows);
}

/** Whether any sample is presented at another time than it is decoded. */
export function hasCompositionOffsets(table: SampleTable): boolean {
  return table.leastCompositionOffset < 0 || table.greatestCompositionOffset > 0;
}

/** From decoding to presentation times. Version 1: offsets are signed. */
export function ctts(table: SampleTable): Box {
  const { compositionOffsets } = table;
  const rows = rowsOf(compositionOffsets.runs, 8, () => {
    const reader = compositionOffsets.reader();
    return (view, at) => {
      reader.next();
      view.setUint32(at, reader.length); // sample_count
      view.setInt32(at + 4, reader.value); // sample_offset
    };
  });
  return fullBox('ctts', 1, 0, u32(compositionOffsets.runs), rows);
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
export function stss(table: SampleTable): Box {
  const { keyGaps } = table;
  const rows = rowsOf(keyGaps.count, 4, () => {
    const reader = keyGaps.reader();
    let sampleNumber = 0;
    return (view, at) => {
      sampleNumber += reader.next();
      view.setUint32(at, sampleNumber); // sample_number
    };
  });
  return fullBox('stss', 0, 0, u32(keyGaps.count), rows);
}

/** Samples per chunk, as runs of equal chunks. */
export function stsc(table: SampleTable): Box {
  const { chunkLengths } = table;
  const rows = rowsOf(chunkLengths.runs, 12, () => {
    const reader = chunkLengths.reader();
    let firstChunk = 1;
    return (view, at) => {
      reader.next();
      view.setUint32(at, firstChunk); // first_chunk
      view.setUint32(at + 4, reader.value); // samples_per_chunk
      view.setUint32(at + 8, 1); // sample_description_index
      firstChunk += reader.length;
    };
  });
  return fullBox('stsc', 0, 0, u32(chunkLengths.runs), rows);
}

export function stsz(table: SampleTable): Box {
  const { sizes } = table;
  return fullBox(
    'stsz',
    0,
    0,
    u32(0), // sample_size: each has its own
    u32(sizes.count), // sample_count
    { size: sizes.count * 4, pieces: () => sizes.pages() }, // entry_size
  );
}

/**
 * Where the chunks are: stco, or co64 where 32 bits do not suffice.
 * `shift` is added to every offset: the way by which the media data will have moved.
 */
export function chunkOffsets(table: SampleTable, shift = 0): Box {
  const { chunkGaps } = table;
  const large = table.lastChunkOffset + shift > MAX_U32;
  const rows = rowsOf(chunkGaps.count, large ? 8 : 4, () => {
    const reader = chunkGaps.reader();
    let offset = shift;
    return (view, at) => {
      offset += reader.next();
      if (large) {
        view.setUint32(at, Math.floor(offset / 0x1_0000_0000)); // chunk_offset, upper half
        view.setUint32(at + 4, offset % 0x1_0000_0000); // chunk_offset, lower half
      } else {
        view.setUint32(at, offset); // chunk_offset
      }
    };
  });
  return fullBox(large ? 'co64' : 'stco', 0, 0, u32(chunkGaps.count), rows);
}

/** Two's complement. */
function i64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
  return bytes;
}
