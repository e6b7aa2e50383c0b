/**
 * Whether the MP4 that is there is one to keep: whole, ordinary, and with as many pictures as it should have.
 */
import { join } from 'node:path';
import { systemErrorCode } from '../base/errors.js';
import { type ByteSource, type Mp4File, readMp4 } from '../mp4/read-file.js';
import { openWithSize, readFully } from '../readback/raw-reader.js';
import type { Disk, DiskFile } from '../storage/disk.js';
import type { Manifest } from '../storage/manifest.js';
import { readBuffer } from '../storage/read-buffer.js';

/** A file on disk as the readers of the MP4 room take it. */
class FileSource implements ByteSource {
  readonly length: number;
  readonly #file: DiskFile;

  private constructor(file: DiskFile, length: number) {
    this.#file = file;
    this.length = length;
  }

  static async open(disk: Disk, path: string): Promise<FileSource> {
    const { file, size } = await openWithSize(disk, path);
    return new FileSource(file, size);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = readBuffer(length);
    return bytes.subarray(0, await readFully(this.#file, bytes, position));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** What an MP4 file is; undefined where there is none. */
export async function inspectMp4(
  disk: Disk,
  path: string,
): Promise<(Mp4File & { readonly bytes: number }) | undefined> {
  let source: FileSource;
  try {
    source = await FileSource.open(disk, path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return { ...(await readMp4(source)), bytes: source.length };
  } finally {
    await source.close();
  }
}

export interface GoodMp4 {
  readonly frames: number;
  readonly durationMs: number;
}

/** Pictures and length of a finished MP4; undefined where there is none or it is no finished one. */
export async function goodMp4(disk: Disk, path: string): Promise<GoodMp4 | undefined> {
  const file = await inspectMp4(disk, path);
  if (file?.state !== 'finished') return undefined;
  const { movie } = file;
  return {
    frames: movie.samples.count,
    durationMs: Math.round((movie.duration * 1000) / movie.timescale),
  };
}

/** Whether every part that the manifest names is there, finished, and of the size that it tells. */
export async function hasGoodParts(
  disk: Disk,
  directory: string,
  manifest: Manifest,
): Promise<boolean> {
  for (const part of manifest.parts) {
    const file = await inspectMp4(disk, join(directory, part.file));
    if (file?.state !== 'finished' || file.bytes !== part.bytes) return false;
    if (file.movie.samples.count !== part.frames) return false;
  }
  return manifest.parts.length > 0;
}
