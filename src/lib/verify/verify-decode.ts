/**
 * A full decode by ffmpeg, which has to find nothing to complain of.
 */
import { join } from 'node:path';
import { CamrecError } from '../base/errors.js';
import { runFfmpeg } from '../ffmpeg/ffmpeg.js';
import type { Manifest } from '../storage/manifest.js';
import { type Check, failed, leftOut, passed } from './verify-types.js';

/** Lines of the complaint that are passed on. */
const MAX_LINES = 3;

/**
 * Decodes each part. Left out where there is no ffmpeg; complaints behind packets that the manifest counts as lost are
 * no failure.
 */
export async function checkDecode(directory: string, { parts, counts }: Manifest): Promise<Check> {
  const complaints: string[] = [];
  let frames = 0;
  let shown = 0;
  for (const part of parts) {
    try {
      const decoded = await decode(join(directory, part.file));
      complaints.push(...decoded.complaints);
      // A decoder says nothing about pictures before the first that it can begin with.
      if (decoded.shown === 0) complaints.push(`${part.file} has no picture that can be shown`);
      frames += part.frames;
      shown += decoded.shown;
    } catch (error) {
      if (!(error instanceof CamrecError)) throw error;
      if (error.code === 'FFMPEG_MISSING') {
        return leftOut('decode', 'ffmpeg is not there to decode it');
      }
      complaints.push(error.message);
    }
  }
  if (complaints.length === 0) {
    const which =
      shown < frames ? `${shown} of ${frames} pictures decode` : 'every picture decodes';
    return passed('decode', `${which} without an error`);
  }
  const words = complaints.slice(0, MAX_LINES).join(' / ');
  // What was lost on the way leaves pictures without those that they refer to.
  if (counts.lost > 0 && complaints.every((line) => !line.startsWith('ffmpeg failed'))) {
    return passed('decode', `complaints after ${counts.lost} lost packets: ${words}`);
  }
  return failed('decode', words);
}

/** What ffmpeg complained of, and how many pictures came out. */
async function decode(path: string): Promise<{ complaints: string[]; shown: number }> {
  // The input's own time base: with that of the frame rate, close times fall together.
  const output = ['-map', '0:v', '-enc_time_base', '-1', '-f', 'null', '-'];
  const { stdout, stderr } = await runFfmpeg(['-progress', 'pipe:1', '-i', path, ...output]);
  const shown = Number([...stdout.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1] ?? 0);
  return { complaints: stderr.split('\n').filter((line) => line.trim() !== ''), shown };
}
