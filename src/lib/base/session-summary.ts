/**
 * A session as commands and the admin channel show it: `S` of docs/cli.md. Fields may be added, never renamed.
 */

export const SESSION_STATES = ['recording', 'complete', 'recovered', 'failed'] as const;

/** `recording` until every file is as it will stay, the finishing of the MP4 included. */
export type SessionSummaryState = (typeof SESSION_STATES)[number];

export interface SessionSummary {
  readonly id: string;
  /** Absolute path of the session directory. */
  readonly dir: string;
  /** The device's name. */
  readonly device: string;
  readonly deviceId: string;
  readonly label: string | null;
  /** Shared by all sessions of one `capture start`. */
  readonly captureId: string | null;
  readonly state: SessionSummaryState;
  /** Why it ended, as a code; null while it runs. */
  readonly reason: string | null;
  /** The same as a sentence. */
  readonly reasonText: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  /** From the first picture to the end of the last; of a running session, since it began. */
  readonly durationMs: number;
  /** Pictures in the raw stream. */
  readonly frames: number;
  readonly lost: number;
  readonly rejected: number;
  /** Bytes of the raw stream. */
  readonly bytes: number;
  /** Pictures per second by the device's clock; of a running session, by arrival. */
  readonly fps: number;
  /** Null until the stream has described itself. */
  readonly width: number | null;
  readonly height: number | null;
  readonly codec: string | null;
  /** Absolute paths. No MP4 while the session runs, and where none could be made. */
  readonly files: {
    readonly mp4: readonly string[];
    readonly raw: string;
    readonly index: string;
    readonly thumbnail: string | null;
  };
  /** From the end of the capture to an MP4 that plays; null where there is none, while it runs, and after a recovery. */
  readonly stopToPlayableMs: number | null;
}

/** Whether the recording goes on in the next session of its camera: no file was to become larger. */
export function goesOn({ state, reason }: Pick<SessionSummary, 'state' | 'reason'>): boolean {
  return state === 'complete' && reason === 'file-limit';
}

/** A directory among the sessions that is none, or whose manifest cannot be read. */
export interface OtherDirectory {
  /** Absolute path. */
  readonly dir: string;
  /** `foreign`: without a manifest, such as the original server's. `damaged`: with one that cannot be read. */
  readonly kind: 'foreign' | 'damaged';
  /** What is wrong with it, as a sentence. */
  readonly detail: string;
}

/** Which sessions are wanted. All conditions hold at once. */
export interface SessionFilter {
  /** Name, id, or a prefix of either where no device of the directory is called just so (base/device-selector.ts). */
  readonly device?: string | undefined;
  readonly label?: string | undefined;
  /** Milliseconds since the epoch: sessions that began then or later. */
  readonly sinceMs?: number | undefined;
  /** At most this many, the newest first. */
  readonly limit?: number | undefined;
}

export interface SessionListing {
  /** Newest first. */
  readonly sessions: readonly SessionSummary[];
  /** Sorted by path; the filter and its limit do not concern them. */
  readonly others: readonly OtherDirectory[];
}
