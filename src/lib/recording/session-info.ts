/**
 * What the recording room needs to know about a session and tells about it.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Disk } from '../storage/disk.js';
import type { DiskReserves } from '../storage/disk-reserve.js';
import type { Manifest } from '../storage/manifest.js';
import type { CaptureRequest } from '../wire/camera-commands.js';

/** The device of a session, as it goes into the manifest. */
export interface SessionDevice {
  readonly id: string;
  readonly name: string;
  readonly model: string | null;
  readonly address: string;
  /** The first half of the session directory's name: safe characters only. */
  readonly directoryName: string;
}

/** What the operator asked for, if an operator did. */
export interface SessionOrder {
  readonly captureId: string | null;
  readonly label: string | null;
  readonly request: CaptureRequest | null;
}

/** Why a session ended. The codes stand in the manifest; docs/files.md lists them. */
export type EndReason =
  | 'stopped'
  | 'stop-unanswered'
  | 'restarted'
  | 'disconnected'
  | 'silent'
  | 'shutdown'
  | 'disk-full'
  | 'disk-error'
  | 'disk-low'
  | 'file-limit'
  | 'too-many-parts';

/**
 * Makes the thumbnail of one key picture, given as Annex B with its parameter sets. Resolves with false when it could not.
 * After `signal` nothing appears at `path`.
 */
export type MakeThumbnail = (
  picture: Uint8Array,
  path: string,
  signal?: AbortSignal,
) => Promise<boolean>;

/** What every session of a daemon shares. */
export interface RecordingContext {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Room kept back to finish sessions when the disk is full; without it they end as far as they came. */
  readonly reserves?: DiskReserves | undefined;
  /** Bytes that may wait for the disk, per session, as things are; MAX_PENDING_BYTES unless given. */
  readonly maxPendingBytes?: (() => number) | undefined;
  /** Bytes that a file may have in the recordings directory; Infinity unless given. */
  readonly largestFile?: (() => number) | undefined;
  /** The recordings directory. */
  readonly directory: string;
  /** Of the daemon, for the manifest. */
  readonly version: string;
  readonly makeThumbnail: MakeThumbnail;
  /** Runs what waits for the disk itself, a few at a time, so that it never takes all the threads that write. */
  readonly inSyncTurn: <T>(sync: () => Promise<T>) => Promise<T>;
}

/** Live figures of a session. */
export interface SessionProgress {
  readonly frames: number;
  readonly bytes: number;
  /** Sequence numbers that are missing, and those that were and came later after all. */
  readonly lost: number;
  readonly late: number;
  /** Packets that came and could not be kept. */
  readonly dropped: number;
  readonly rejected: number;
  /** Milliseconds since the session began. */
  readonly elapsedMs: number;
}

export interface FinishedSession {
  readonly directory: string;
  readonly manifest: Manifest;
}
