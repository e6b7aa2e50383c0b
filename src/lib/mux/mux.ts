/**
 * `camrec mux`: any number of sessions and raw files become MP4 files, several at a time.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { needsRoom } from '../storage/reserved-disk.js';
import { findTargets, type Target } from './find-targets.js';
import { muxRawFile } from './mux-raw.js';
import { muxDirectory } from './mux-session.js';
import type { MuxContext, MuxError, MuxOutcome, MuxResult, MuxSettings } from './mux-types.js';
import { inputsOf } from './output-check.js';
import { plannedOutputs, refuseMeetings } from './output-meetings.js';

/** Files at once, at most: more of them only take the disk from each other. */
const MAX_PARALLEL = 4;

const FILE_TOO_LARGE_HINT =
  'No file may be larger there: write to another file system with --output.';

export interface MuxOptions extends MuxSettings {
  readonly paths: readonly string[];
  readonly onEvent?: ((event: MuxEvent) => void) | undefined;
}

/** `index` counts the things to mux from 0. */
export type MuxEvent =
  | { readonly type: 'found'; readonly targets: readonly MuxTarget[] }
  | { readonly type: 'started'; readonly index: number }
  | { readonly type: 'progress'; readonly index: number; readonly bytes: number }
  | { readonly type: 'finished'; readonly index: number; readonly result: MuxResult };

export interface MuxTarget {
  readonly path: string;
  /** Of the raw stream. */
  readonly bytes: number;
}

/**
 * Muxes everything that the paths name and resolves with one result for each, in order. Throws USAGE for options
 * that make no sense together; what goes wrong with one of them is in its result.
 */
export async function mux(options: MuxOptions): Promise<MuxResult[]> {
  const { paths, disk, onEvent = () => {} } = options;
  const output = outputPath(options);
  const found = await findTargets(disk, paths);
  if (output !== undefined && found.length > 1) {
    throw new CamrecError('USAGE', `--output takes one recording, and these are ${found.length}.`);
  }
  const planned = await plannedOutputs(output === undefined ? found : []);
  const targets = output === undefined ? await refuseMeetings(found, planned) : found;
  onEvent({
    type: 'found',
    targets: targets.map((target) => ({
      path: target.path,
      bytes: target.kind === 'error' ? 0 : target.bytes,
    })),
  });
  const results: MuxResult[] = [];
  const inputs = inputsOf(found);
  const queue = targets.entries();
  const work = async () => {
    for (const [index, target] of queue) {
      onEvent({ type: 'started', index });
      const onProgress = (bytes: number) => onEvent({ type: 'progress', index, bytes });
      const result = await muxTarget(target, { ...options, output, inputs, planned, onProgress });
      results[index] = result;
      onEvent({ type: 'finished', index, result });
    }
  };
  const workers = Math.min(MAX_PARALLEL, availableParallelism(), targets.length);
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

/** Where the MP4 goes, absolute, or nothing where it goes beside the stream. Throws USAGE. */
function outputPath({ output, faststart }: MuxOptions): string | undefined {
  if (output === '') {
    throw new CamrecError('USAGE', '--output names no file.', {
      hint: 'Give it the path of the MP4 to write, like film.mp4.',
    });
  }
  if (output === '-') {
    throw new CamrecError(
      'USAGE',
      '--output takes no -: an MP4 is finished at its front, last of all.',
      {
        hint: 'Give it the path of the MP4 to write; a file of that name is ./-',
      },
    );
  }
  if (output !== undefined) return resolve(output);
  if (!faststart) return undefined;
  throw new CamrecError('USAGE', '--faststart needs --output.', {
    hint: 'The MP4 of a session always ends with its moov, as live recording writes it.',
  });
}

async function muxTarget(target: Target, context: MuxContext): Promise<MuxResult> {
  const begun = performance.now();
  let outcome: MuxOutcome = { mp4: [], frames: 0, durationMs: 0 };
  let error: MuxError | null = null;
  try {
    context.signal?.throwIfAborted();
    outcome = await muxOne(target, context);
  } catch (thrown) {
    error = describe(thrown, context);
  }
  const { mp4, frames, durationMs } = outcome;
  return {
    path: target.path,
    mp4,
    engine: outcome.engine ?? context.engine,
    frames,
    durationMs,
    elapsedMs: Math.round(performance.now() - begun),
    error,
    skipped: outcome.skipped ?? null,
    warnings: outcome.warnings ?? [],
    recovery: outcome.recovery ?? null,
  };
}

function muxOne(target: Target, context: MuxContext): Promise<MuxOutcome> {
  switch (target.kind) {
    case 'directory':
      return muxDirectory(target.path, context);
    case 'file':
      return muxRawFile(target.path, context);
    case 'error':
      return Promise.reject(target.error);
  }
}

function describe(thrown: unknown, { signal }: MuxContext): MuxError {
  if (signal?.aborted) {
    const hint = 'The files that were there are as they were.';
    return { code: 'INTERRUPTED', message: 'Interrupted', hint };
  }
  if (thrown instanceof CamrecError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint ?? null };
  }
  const message = errorMessage(thrown);
  if (needsRoom(thrown)) {
    return { code: 'DISK_FULL', message, hint: 'Make room, or write elsewhere with --output.' };
  }
  const code = systemErrorCode(thrown);
  if (code === undefined) {
    return { code: 'INTERNAL', message, hint: 'This is a defect of camrec.' };
  }
  return { code: 'DISK_WRITE', message, hint: code === 'EFBIG' ? FILE_TOO_LARGE_HINT : null };
}
