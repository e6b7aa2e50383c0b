/**
 * What has to be known of a raw stream before ffmpeg copies it: nearly always, its first picture tells. Where fields of
 * interlaced video may be pictures of their own, all pictures are counted, because ffmpeg takes each field for one.
 */
import type { VideoTiming } from '../h264/coded-picture.js';
import { type ForeignFormat, foreignFormat, notH264 } from '../h264/foreign-formats.js';
import { HEAD_BYTES, scanPictures } from '../h264/picture-scanner.js';
import { Breather } from '../readback/breather.js';
import { RawReader } from '../readback/raw-reader.js';
import type { Disk } from '../storage/disk.js';
import { framesOf, timingOf } from './stream-rate.js';

export interface LookAhead extends StreamTiming {
  /** Nothing where it may be H.264. */
  readonly foreign: ForeignFormat | undefined;
}

interface StreamTiming {
  /** By the first picture; nothing where it cannot be read, which is left to ffmpeg to judge. */
  readonly timing: VideoTiming | undefined;
  /** Pictures that are single fields. */
  readonly fieldPictures: number;
  /** All pictures, two fields being one. Of those up to the first that tells the timing, where there are no fields. */
  readonly frames: number;
}

/**
 * Throws STREAM_UNSUPPORTED for an archive, whose contents ffmpeg would take for H.264 with something in between; what
 * the disk throws; and the signal's reason.
 */
export async function lookAhead(
  disk: Disk,
  path: string,
  signal: AbortSignal | undefined,
): Promise<LookAhead> {
  const raw = await RawReader.open(disk, path);
  try {
    const foreign = foreignFormat(await raw.read(0, Math.min(HEAD_BYTES, raw.size)));
    if (foreign?.kind === 'archive') throw notH264(foreign);
    const nothing = { timing: undefined, fieldPictures: 0, frames: 0 };
    return { ...(foreign === undefined ? await timingIn(raw, signal) : nothing), foreign };
  } finally {
    await raw.close();
  }
}

async function timingIn(raw: RawReader, signal: AbortSignal | undefined): Promise<StreamTiming> {
  const breather = new Breather();
  let timing: VideoTiming | undefined;
  let fieldPictures = 0;
  let frames = 0;
  try {
    for await (const output of scanPictures(raw.blocks())) {
      timing ??= timingOf(output);
      frames += framesOf(output);
      if (output.type === 'unsupported') fieldPictures += 1;
      if (timing?.mayHaveFieldPictures === false) break;
      if (breather.isDue) await breather.pause(signal);
    }
  } catch {
    signal?.throwIfAborted();
    // The built-in reader cannot make sense of it; ffmpeg will say what it thinks.
  }
  return { timing, fieldPictures, frames };
}
