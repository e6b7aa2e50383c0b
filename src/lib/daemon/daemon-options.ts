/**
 * What a daemon is told at its start.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { AccessRules } from '../ingest/access.js';
import type { TlsIdentity } from '../ingest/http-listener.js';
import type { MakeThumbnail } from '../recording/session-info.js';
import type { MetricsAddress } from './metrics-server.js';

export interface DaemonOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The recordings directory; made when it is not there. */
  readonly directory: string;
  /** Longest time that recorded bytes stay unsynced. */
  readonly syncMs: number;
  /** Free disk space below which nothing is recorded. */
  readonly minFreeBytes: number;
  readonly maxCameras?: number | undefined;
  /** Silence after which a camera counts as gone. */
  readonly silenceMs?: number | undefined;
  /** Who may come in; everybody unless given. */
  readonly access?: AccessRules | undefined;
  /** With it the port speaks TLS. */
  readonly tls?: TlsIdentity | undefined;
  /** How long the session of a named camera waits for it after its connection is lost; 0: not at all. */
  readonly resumeWindowMs?: number | undefined;
  /** How long finishing the sessions may take at the end. */
  readonly shutdownMs?: number | undefined;
  /** Where to show figures and health; nowhere unless given. */
  readonly metrics?: MetricsAddress | undefined;
  /** No thumbnails are made unless given. */
  readonly makeThumbnail?: MakeThumbnail | undefined;
  readonly version: string;
  readonly logger: Logger;
  readonly clock?: Clock;
}
