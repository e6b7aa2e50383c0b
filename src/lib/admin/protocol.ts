/**
 * The methods and events of the admin channel: JSON-RPC 2.0, parameters by name. The contract is docs/admin.md.
 */
import type * as v from 'valibot';
import type { SessionSummary } from '../base/session-summary.js';
import type { startCaptureSchema, stopCaptureSchema } from './schemas.js';

/** Goes up when a client of the previous version could misunderstand the daemon. */
export const ADMIN_PROTOCOL_VERSION = 1;

/** With this code the daemon closes the connection of one client too many (RFC 6455, 7.4.1: try again later). */
export const TOO_MANY_CLIENTS = 1013;

export type StartCaptureParams = v.InferOutput<typeof startCaptureSchema>;
export type StopCaptureParams = v.InferOutput<typeof stopCaptureSchema>;

/** Who answers: known before anything else is asked. */
export interface DaemonInfo {
  readonly protocol: number;
  readonly pid: number;
  readonly version: string;
  /** The port that phones connect to. */
  readonly port: number;
  /** The address that phones connect to. */
  readonly url: string;
  /** Absolute path of the recordings directory. */
  readonly dir: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** The pages that browsers open. The addresses hold the token, where there is one: they are for this user alone. */
export interface DaemonPages {
  /** One entry for each address of this machine, the likeliest first; never empty. */
  readonly pages: readonly {
    readonly camera: string;
    readonly monitor: string;
    /** The network interface, such as `wlan0`; null for an address that was named. */
    readonly interface: string | null;
  }[];
  /** Browsers film and show live pictures over https, or on the machine itself. */
  readonly tls: boolean;
  /** SHA-256 of the certificate, as browsers show it; null without TLS. */
  readonly fingerprint: string | null;
  /** Whether a token is asked for; without one the monitor answers this machine alone. */
  readonly needsToken: boolean;
}

/** `starting` and `stopping`: told to, and not yet confirmed. */
export type DeviceState = 'idle' | 'starting' | 'recording' | 'stopping';

export interface DeviceStatus {
  readonly id: string;
  readonly name: string;
  /** Null until the phone has sent its capabilities. */
  readonly model: string | null;
  /** Of the connection, `ip:port`. */
  readonly address: string;
  readonly state: DeviceState;
  /** Of the session that runs. */
  readonly sessionId: string | null;
  /** Over the last seconds by arrival; 0 while nothing is recorded. */
  readonly fps: number;
  /** Bits per second over the last seconds; 0 while nothing is recorded. */
  readonly bitrate: number;
  /** Pictures of the session that runs, else 0. */
  readonly frames: number;
  readonly lost: number;
  /** Packets of the session that runs that came and could not be kept, because the disk is too slow; else 0. */
  readonly dropped: number;
  /** Milliseconds since anything came from the phone. */
  readonly lastSeenMs: number;
}

export interface DaemonStatus {
  readonly daemon: {
    readonly pid: number;
    readonly version: string;
    readonly url: string;
    readonly dir: string;
    readonly uptimeMs: number;
    /** Free disk space for recordings. */
    readonly freeBytes: number;
    /** At the present rate; null while nothing is recorded. */
    readonly timeUntilFullMs: number | null;
    /** Below this no session is begun. */
    readonly minFreeBytes: number;
    /** Why nothing can be recorded now, as a sentence; null where all is well. */
    readonly trouble: string | null;
    readonly port: number;
    readonly startedAt: string;
  };
  readonly devices: readonly DeviceStatus[];
}

/** How a phone took the command to begin. `requested`: told to, and not waited for. */
export type CaptureDeviceState =
  | 'started'
  | 'already-recording'
  | 'failed'
  | 'timeout'
  | 'requested';

export interface CaptureDevice<State = CaptureDeviceState> {
  readonly id: string;
  readonly name: string;
  readonly state: State;
  /** Of the session that has begun, or that ran already. */
  readonly sessionId: string | null;
  /** What the phone said, or what is wrong; null where there is nothing to say. */
  readonly message: string | null;
}

export interface StartCaptureResult {
  readonly capture: { readonly id: string; readonly label: string | null };
  readonly devices: readonly CaptureDevice[];
}

/** One step of one phone while `capture.start` waits; `starting` comes first. */
export type CaptureProgress = CaptureDevice<CaptureDeviceState | 'starting'>;

export interface StopCaptureResult {
  /** One for each phone that was recording or whose session was being finished; `recording`: not finished in time. */
  readonly sessions: readonly SessionSummary[];
  /** Of any other stop: sessions of captures that ended since the last one though nobody had stopped them. */
  readonly endedBefore?: readonly SessionSummary[];
  /** Of a stop by `captureId`: ids of those that had ended, or had been told to, before it. */
  readonly endedEarly?: readonly string[];
}

export interface LiveSessionsResult {
  /** Absolute path of the recordings directory. */
  readonly dir: string;
  /** Sessions that are being recorded or finished, with their figures so far. */
  readonly sessions: readonly SessionSummary[];
}

/** Every method: its parameters as the caller writes them, and its result. */
export interface AdminMethods {
  'daemon.info': { params: Record<string, never>; result: DaemonInfo };
  'daemon.pages': { params: Record<string, never>; result: DaemonPages };
  'daemon.status': { params: Record<string, never>; result: DaemonStatus };
  'capture.start': {
    params: NonNullable<v.InferInput<typeof startCaptureSchema>>;
    result: StartCaptureResult;
  };
  'capture.stop': {
    params: NonNullable<v.InferInput<typeof stopCaptureSchema>>;
    result: StopCaptureResult;
  };
  'sessions.live': { params: Record<string, never>; result: LiveSessionsResult };
  'events.subscribe': { params: Record<string, never>; result: { subscribed: true } };
  'events.unsubscribe': { params: Record<string, never>; result: { subscribed: false } };
}

export type AdminMethodName = keyof AdminMethods;

/** What happens in the daemon. `event` becomes the method of a JSON-RPC notification, the rest its parameters. */
export type DaemonEvent =
  | { readonly event: 'device.connected'; readonly device: DeviceStatus }
  | { readonly event: 'device.capabilities'; readonly device: DeviceStatus }
  | {
      readonly event: 'device.disconnected';
      readonly device: DeviceStatus;
      readonly reason: string;
    }
  /** The phone reports that a command failed. */
  | { readonly event: 'device.error'; readonly device: DeviceStatus; readonly message: string }
  | { readonly event: 'session.opened'; readonly session: SessionSummary }
  | { readonly event: 'session.finished'; readonly session: SessionSummary }
  | { readonly event: 'daemon.stopping' };

/** Sent to the caller of `capture.start` alone, with the id of its call. */
export const CAPTURE_PROGRESS = 'capture.progress';
