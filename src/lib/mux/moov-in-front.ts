/**
 * Puts the moov of a finished MP4 in front of its media data, so that a player can begin before it has the whole file.
 */
import { type Box, type BoxContent, box, toBytes, u32, u64 } from '../mp4/box.js';
import { childBoxes, FieldReader } from '../mp4/field-reader.js';
import { RawReader } from '../readback/raw-reader.js';
import { AppendFile } from '../storage/append-file.js';
import type { Disk } from '../storage/disk.js';

/** The boxes on the way from moov to the tables of chunk offsets. */
const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);

const MAX_U32 = 0xffff_ffff;

interface TopLevel {
  readonly type: string;
  readonly from: number;
  readonly to: number;
}

/** Writes `target` from the finished file `source`, whose moov is its last box. Rejects with what the disk throws. */
export async function moovInFront(
  disk: Disk,
  source: string,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const file = await RawReader.open(disk, source);
  const output = new AppendFile(() => disk.open(target, 'replace'));
  try {
    const boxes = await topLevelBoxes(file);
    const moov = boxes.at(-1);
    const type = boxes[0];
    if (type?.type !== 'ftyp' || moov?.type !== 'moov') {
      throw new Error(`${source} is not a finished movie of this program`);
    }
    const body = (await file.read(moov.from, moov.to - moov.from)).subarray(8);
    output.append([
      Buffer.from(await file.read(type.from, type.to - type.from)),
      shiftedMoov(body, file.size),
    ]);
    for (let at = type.to; at < moov.from; ) {
      signal?.throwIfAborted();
      const block = await file.read(at, Math.min(moov.from - at, 1024 * 1024));
      output.append([block]);
      await output.flush();
      at += block.length;
    }
    await output.sync();
  } finally {
    await Promise.allSettled([output.close(), file.close()]);
  }
}

async function topLevelBoxes(file: RawReader): Promise<TopLevel[]> {
  const boxes: TopLevel[] = [];
  for (let from = 0; from < file.size; ) {
    const header = await file.read(from, Math.min(16, file.size - from));
    const fields = new FieldReader(header);
    const short = fields.u32();
    fields.skip(4);
    const size = short === 1 ? fields.u64() : short;
    if (fields.overrun || size < 8) throw new Error('the file does not consist of whole boxes');
    boxes.push({ type: header.toString('latin1', 4, 8), from, to: from + size });
    from += size;
  }
  return boxes;
}

/** The moov for media data that stands behind it: every chunk moves by its size. */
function shiftedMoov(body: Uint8Array, fileBytes: number): Uint8Array {
  // Shifted by the whole file is further than they can move: wide offsets wherever that would not fit.
  const large = fileBytes * 2 > MAX_U32;
  const { size } = rebuild('moov', body, 0, large);
  return toBytes(rebuild('moov', body, size, large));
}

function rebuild(type: string, body: Uint8Array, shift: number, large: boolean): Box {
  if (type === 'stco' || type === 'co64') {
    return chunkOffsets(body, type === 'co64', shift, large || type === 'co64');
  }
  const children = CONTAINERS.has(type) ? childBoxes(body) : undefined;
  if (children === undefined) return box(type, body);
  const contents: BoxContent[] = children.map((child) =>
    rebuild(child.type, child.body, shift, large),
  );
  return box(type, ...contents);
}

function chunkOffsets(body: Uint8Array, wide: boolean, shift: number, large: boolean): Box {
  const fields = new FieldReader(body);
  fields.skip(4); // version, flags
  const count = fields.u32();
  const rowBytes = large ? 8 : 4;
  const rows = new Uint8Array(count * rowBytes);
  for (let row = 0; row < count; row += 1) {
    const offset = (wide ? fields.u64() : fields.u32()) + shift;
    rows.set(large ? u64(offset) : u32(offset), row * rowBytes);
  }
  return box(large ? 'co64' : 'stco', u32(0), u32(count), rows);
}
