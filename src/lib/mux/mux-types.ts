/**
 * What muxing is asked for and what it answers: `mux` of docs/cli.md.
 */
import type { ErrorCode } from '../base/errors.js';
import type { MakeThumbnail } from '../recording/session-info.js';
import type { Disk } from '../storage/disk.js';
import type { Manifest } from '../storage/manifest.js';
import type { PlannedOutputs } from './output-meetings.js';

export type MuxEngine = 'builtin' | 'ffmpeg';

/** What each of the paths is muxed with. */
export interface MuxSettings {
  readonly disk: Disk;
  readonly engine: MuxEngine;
  /** Pictures per second, where there is no index to tell the times. */
  readonly fps: number | undefined;
  /** Where the MP4 goes instead of beside the raw stream; for one path alone. */
  readonly output: string | undefined;
  /** The moov in front; with `output` alone. */
  readonly faststart: boolean;
  /** Makes an MP4 again that is there and good. */
  readonly force: boolean;
  /** Of this program, for the manifests of recovered sessions. */
  readonly version: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  readonly makeThumbnail: MakeThumbnail;
  readonly signal?: AbortSignal | undefined;
}

/** One of the paths on its way. */
export interface MuxContext extends MuxSettings {
  /** Every file that the run reads, or would if it were there: none of them may be replaced. */
  readonly inputs: readonly string[];
  /** Where the MP4s of the run go that go beside their streams. */
  readonly planned: PlannedOutputs;
  /** Bytes of the raw stream that are done. */
  readonly onProgress: (bytes: number) => void;
}

/** What became of one session or file. Fields may be added, never renamed. */
export interface MuxResult {
  /** Absolute: the session directory, or the raw file. */
  readonly path: string;
  /** Absolute paths of the parts. */
  readonly mp4: readonly string[];
  readonly engine: MuxEngine;
  readonly frames: number;
  readonly durationMs: number;
  readonly elapsedMs: number;
  readonly error: MuxError | null;
  /** Why nothing was done; null where something was. */
  readonly skipped: string | null;
  /** Sentences for the person. */
  readonly warnings: readonly string[];
  /** What was lost, where an unfinished session was recovered. */
  readonly recovery: Manifest['recovery'];
}

export interface MuxError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** What one of the paths comes to when it does not fail. */
export type MuxOutcome = Pick<MuxResult, 'mp4' | 'frames' | 'durationMs'> &
  Partial<Pick<MuxResult, 'engine' | 'skipped' | 'warnings' | 'recovery'>>;
