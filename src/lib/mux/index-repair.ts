/**
 * Makes `frames.csv` hold exactly the rows that can be trusted: the torn last row goes, and an index that is not there
 * is estimated from the pictures of the raw stream. A whole new file takes the place of the old one.
 */
import { join } from 'node:path';
import { packetKind } from '../h264/classify.js';
import { splitNalUnits } from '../h264/nal-units.js';
import { RawPictures } from '../readback/raw-pictures.js';
import { ReadAhead } from '../readback/read-ahead.js';
import { AppendFile } from '../storage/append-file.js';
import type { Disk } from '../storage/disk.js';
import { formatIndexRow, INDEX_HEADER, type IndexRow } from '../storage/frame-index.js';
import { readFrameIndex } from '../storage/frame-index-reader.js';
import { replaceFile } from '../storage/replace-file.js';
import { INDEX_FILE, NEW_SUFFIX, RAW_FILE } from '../storage/session-files.js';
import { framesOf, timingOf, toldRate, UNKNOWN_FPS } from './stream-rate.js';

/** What an index with rows that are not trusted is kept as. */
export const DAMAGED_INDEX_FILE = `${INDEX_FILE}.damaged`;

class IndexFile {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #file: AppendFile;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    const path = join(directory, `${INDEX_FILE}${NEW_SUFFIX}`);
    this.#file = new AppendFile(() => disk.open(path, 'replace'));
    this.#file.append([Buffer.from(INDEX_HEADER, 'latin1')]);
  }

  write(rows: readonly IndexRow[]): void {
    this.#file.append([Buffer.from(rows.map(formatIndexRow).join(''), 'latin1')]);
  }

  async place(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
    const path = join(this.#directory, INDEX_FILE);
    await this.#disk.rename(`${path}${NEW_SUFFIX}`, path);
    await this.#disk.syncDirectory(this.#directory);
  }
}

/** Keeps the first `count` rows. The old index stays as `frames.csv.damaged` if `keepOld`. */
export async function trimIndex(
  disk: Disk,
  directory: string,
  count: number,
  keepOld: boolean,
): Promise<void> {
  const path = join(directory, INDEX_FILE);
  const file = new IndexFile(disk, directory);
  if (count > 0) {
    let left = count;
    for await (const item of readFrameIndex(disk, path)) {
      if (item.kind !== 'rows' || left === 0) break;
      const rows = item.rows.slice(0, left);
      file.write(rows);
      left -= rows.length;
    }
  }
  if (keepOld) await keepCopy(disk, path, join(directory, DAMAGED_INDEX_FILE));
  await file.place();
}

/** Keeps a file under a second name, whole or not at all. Rejects where that fails: the first name is to be replaced. */
async function keepCopy(disk: Disk, path: string, copy: string): Promise<void> {
  // The oldest copy has the most rows.
  if ((await disk.fileSize(copy)) !== undefined) return;
  try {
    // Takes no room, which a disk that has just been full does not have.
    await disk.link(path, copy);
  } catch {
    // A file system without links.
    await replaceFile(disk, copy, await disk.readFile(path));
  }
}

/**
 * Writes an index for a raw stream that has none: a row for each picture, at a constant rate. The last picture may be
 * torn, so it gets a row only where it is the only one. `requestedFps`: 0 where nothing is known of it. Resolves with the
 * number of rows, and with the rate that was taken.
 */
export async function estimateIndex(
  disk: Disk,
  directory: string,
  startedAtMs: number,
  requestedFps: number,
): Promise<{ rows: number; fps: number }> {
  const path = join(directory, RAW_FILE);
  const found = await findPictures(disk, path);
  const [fps = UNKNOWN_FPS] = [requestedFps, found.fps].filter((rate) => rate > 0);
  const ends = found.starts.slice(1);
  if (ends.length === 0) ends.push(found.bytes);
  let offset = 0;
  let frames = 0;
  const raw = await ReadAhead.open(disk, path, async () => offset);
  try {
    const file = new IndexFile(disk, directory);
    for (const [sequence, end] of ends.entries()) {
      const timestampMs = Math.round((frames * 1000) / fps);
      const size = end - offset;
      const payload = raw.view(offset, size) ?? (await raw.read(offset, size));
      const kind = packetKind(splitNalUnits(payload).nalUnits);
      file.write([
        { sequence, timestampMs, arrivalMs: startedAtMs + timestampMs, offset, size, kind },
      ]);
      offset = end;
      frames += found.frames[sequence] ?? 1;
    }
    await file.place();
    return { rows: ends.length, fps };
  } finally {
    await raw.close();
  }
}

/**
 * Where the pictures begin, how many frames each is, and how many of those the stream says it has in a second; 0: it does
 * not say.
 */
async function findPictures(
  disk: Disk,
  path: string,
): Promise<{ starts: number[]; frames: number[]; fps: number; bytes: number }> {
  const starts: number[] = [];
  const frames: number[] = [];
  let fps = 0;
  const raw = await RawPictures.open(disk, path);
  try {
    for await (const output of raw.outputs()) {
      if (fps === 0) fps = toldRate(timingOf(output)) ?? 0;
      starts.push(output.type === 'picture' ? output.picture.tag : output.tag);
      frames.push(framesOf(output));
    }
    return { starts, frames, fps, bytes: raw.size };
  } finally {
    await raw.close();
  }
}
