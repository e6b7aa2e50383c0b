/**
 * Reads a stream to be sent: an Annex B file, and perhaps a list of its pictures' times.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { foreignFormat } from '../h264/foreign-formats.js';
import { parseSps, type SequenceParameterSet } from '../h264/sps.js';
import { cutIntoPictures } from './cut-pictures.js';
import { DEFAULT_FPS, type Sample } from './sample.js';

/** What a file is, its first bytes tell. */
const HEAD_BYTES = 64 * 1024;

const MAKE_ONE = 'Make such a file with: ffmpeg -i FILM -c:v libx264 -bf 0 -an film.h264';

/** Largest file that is taken: it is held in memory. */
const MAX_INPUT_BYTES = 1024 ** 3;

/** Rejects with FILE_NOT_FOUND or INPUT_INVALID. `timesPath`: one number of milliseconds a line, one line a picture. */
export async function loadInput(path: string, timesPath?: string): Promise<Sample> {
  const stream = await read(path);
  // Bytes of other formats look like start codes here and there.
  const foreign = foreignFormat(stream.subarray(0, HEAD_BYTES));
  if (foreign !== undefined) {
    const message = `${path} is ${foreign.name}, not H.264 in Annex B form.`;
    throw new CamrecError('INPUT_INVALID', message, { hint: MAKE_ONE });
  }
  const { config, pictures, sps } = cutIntoPictures(stream);
  if (pictures.length === 0) {
    const message = `${path} holds no H.264 pictures in Annex B form.`;
    throw new CamrecError('INPUT_INVALID', message, { hint: MAKE_ONE });
  }
  const parsed = sps === undefined ? undefined : parseSps(sps);
  const firstKey = pictures.findIndex((picture) => picture.key);
  const timesMs = timesPath === undefined ? undefined : await readTimes(timesPath, pictures.length);
  return {
    name: basename(path),
    config,
    pictures,
    loopTo: Math.max(0, firstKey),
    fps: (parsed?.ok && frameRate(parsed.sps)) || DEFAULT_FPS,
    timesMs,
    size: parsed?.ok ? { width: parsed.sps.width, height: parsed.sps.height } : undefined,
  };
}

async function read(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_INPUT_BYTES) {
      const hint = 'Take a shorter one: it is sent over and over.';
      throw new CamrecError('INPUT_INVALID', `${path} is larger than 1 GiB.`, { hint });
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof CamrecError) throw error;
    const missing = systemErrorCode(error) === 'ENOENT';
    const what = missing ? 'There is no file' : 'Cannot read';
    const why = missing ? '' : `: ${errorMessage(error)}`;
    throw new CamrecError(missing ? 'FILE_NOT_FOUND' : 'INPUT_INVALID', `${what} ${path}${why}.`, {
      hint: 'Check the path.',
      cause: error,
    });
  }
}

async function readTimes(path: string, pictures: number): Promise<number[]> {
  const lines = (await read(path))
    .toString('latin1')
    .trim()
    .split(/\s*\n\s*/);
  const times = lines.map((line) => (/^-?\d+(\.\d+)?$/.test(line) ? Number(line) : Number.NaN));
  if (times.length === pictures && !times.some(Number.isNaN)) return times;
  throw new CamrecError(
    'INPUT_INVALID',
    `${path} is no list of ${pictures} times, one number of milliseconds a line.`,
  );
}

/** Pictures per second by the VUI's timing (E.2.1: a picture lasts two ticks), where it says something believable. */
function frameRate(sps: SequenceParameterSet): number | undefined {
  const timing = sps.vui?.timing;
  if (timing === undefined) return undefined;
  const fps = timing.timeScale / (2 * timing.numUnitsInTick);
  return fps >= 1 && fps <= 1000 ? fps : undefined;
}
