/**
 * `frames.csv`: one row per packet of the camera, in arrival order. The contract is docs/files.md.
 * With `stream.h264` it rebuilds the MP4 exactly.
 */

export type PacketKind = 'config' | 'key' | 'delta';

export interface IndexRow {
  /** The packet's number in its capture, modulo 2^32. */
  readonly sequence: number;
  /** Device clock, milliseconds. */
  readonly timestampMs: number;
  /** Milliseconds since the epoch at which the packet arrived. */
  readonly arrivalMs: number;
  /** Where the packet's payload begins in `stream.h264`. */
  readonly offset: number;
  /** Bytes of payload. */
  readonly size: number;
  readonly kind: PacketKind;
}

export const INDEX_HEADER = 'sequence,timestamp_ms,arrival_ms,offset,size,kind\n';

/** Longest row that is read: six fields of at most 16 digits stay far below it. */
export const MAX_ROW_CHARS = 160;

/** One row with its line feed, ASCII. */
export function formatIndexRow(row: IndexRow): string {
  return `${row.sequence},${row.timestampMs},${row.arrivalMs},${row.offset},${row.size},${row.kind}\n`;
}

export type IndexLine =
  | { readonly ok: true; readonly row: IndexRow }
  | { readonly ok: false; readonly reason: string };

const ROW = /^(\d{1,10}),(\d{1,16}),(\d{1,16}),(\d{1,16}),(\d{1,10}),(config|key|delta)$/;

const MAX_UINT32 = 0xffff_ffff;

/** Reads one row, without its line feed. Never throws. */
export function parseIndexRow(line: string): IndexLine {
  const fields = ROW.exec(line);
  if (fields === null) return { ok: false, reason: 'not a row of six fields' };
  const row: IndexRow = {
    sequence: Number(fields[1]),
    timestampMs: Number(fields[2]),
    arrivalMs: Number(fields[3]),
    offset: Number(fields[4]),
    size: Number(fields[5]),
    kind: fields[6] as PacketKind,
  };
  if (row.sequence > MAX_UINT32 || row.size > MAX_UINT32) {
    return { ok: false, reason: 'a number beyond 32 bits' };
  }
  if (!Number.isSafeInteger(row.timestampMs) || !Number.isSafeInteger(row.offset + row.size)) {
    return { ok: false, reason: 'a number beyond 53 bits' };
  }
  return { ok: true, row };
}
