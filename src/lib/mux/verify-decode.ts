/**
 * A full decode by ffmpeg, which has to find nothing to complain of.
 */
import { join } from 'node:path';
import { CamrecError } from '../base/errors.js';
import type { Manifest } from '../storage/manifest.js';
import { runFfmpeg } from './ffmpeg.js';
import { type Check, failed, leftOut, passed } from './verify-types.js';

/** Lines of the complaint that are passed on. */
const MAX_LINES = 3;

export async function checkDecode(
  directory: string,
  { parts, counts }: Manifest,
  signal: AbortSignal | undefined,
): Promise<Check> {
  const complaints: string[] = [];
  for (const { file } of parts) {
    try {
      complaints.push(...(await decode(join(directory, file), signal)));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof CamrecError)) throw error;
      if (error.code === 'FFMPEG_MISSING') {
        return leftOut('decode', 'ffmpeg is not there to decode it');
      }
      complaints.push(error.message);
    }
  }
  if (complaints.length === 0) return passed('decode', 'every picture decodes without an error');
  const words = complaints.slice(0, MAX_LINES).join(' / ');
  // What was lost on the way leaves pictures without those that they refer to.
  if (counts.lost > 0 && complaints.every((line) => !line.startsWith('ffmpeg failed'))) {
    return passed('decode', `complaints after ${counts.lost} lost packets: ${words}`);
  }
  return failed('decode', words);
}

async function decode(path: string, signal: AbortSignal | undefined): Promise<string[]> {
  // The input's own time base: with that of the frame rate, close times fall together.
  const output = ['-map', '0:v', '-enc_time_base', '-1', '-f', 'null', '-'];
  const { stderr } = await runFfmpeg(['-i', path, ...output], signal ? { signal } : {});
  return stderr.split('\n').filter((line) => line.trim() !== '');
}
