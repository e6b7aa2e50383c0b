/**
 * The one port of a daemon: cameras connect to it, and browsers get pages, recordings and live pictures from it.
 */
import type { DaemonApi } from '../admin/daemon-api.js';
import type { Clock } from '../base/clock.js';
import type { CameraHandler } from '../ingest/camera-connection.js';
import { type CameraPeer, CameraServer } from '../ingest/camera-server.js';
import { DEFAULT_MAX_CAMERAS, DEFAULT_SILENCE_MS, type OnPeerLimit } from '../ingest/limits.js';
import type { Disk } from '../storage/disk.js';
import type { LiveSource } from '../web/live-source.js';
import { WebServer } from '../web/web-server.js';
import type { DaemonOptions } from './daemon-options.js';

export interface ServingPortOptions {
  readonly daemon: Pick<
    DaemonOptions,
    'host' | 'port' | 'maxCameras' | 'silenceMs' | 'access' | 'tls' | 'logger'
  >;
  readonly clock: Clock;
  readonly disk: Disk;
  /** What the pages ask and tell the daemon. */
  readonly api: DaemonApi;
  /** Where the pages get live pictures from. */
  readonly live: LiveSource;
  /** Called for each camera connection; the handler gets its messages. */
  readonly onCamera: (peer: CameraPeer) => CameraHandler;
  /** A peer has met a limit. */
  readonly onLimit: OnPeerLimit;
}

/** Listens for both, and hands each request to the one that it is for. */
export class ServingPort {
  readonly #web: WebServer;
  readonly #cameras: CameraServer;

  constructor(options: ServingPortOptions) {
    const { daemon, clock, disk, api, live, onCamera, onLimit } = options;
    const { host, port, access, tls, logger } = daemon;
    const needsToken = access?.token !== undefined;
    const web = new WebServer({ api, source: live, disk, clock, logger, needsToken });
    this.#web = web;
    this.#cameras = new CameraServer({
      host,
      port,
      maxCameras: daemon.maxCameras ?? DEFAULT_MAX_CAMERAS,
      silenceMs: daemon.silenceMs ?? DEFAULT_SILENCE_MS,
      clock,
      logger,
      onCamera,
      onLimit,
      access,
      tls,
      onUnauthorized: (request, response) => void web.refuse(request, response),
      onRequest: (request, response) => void web.handle(request, response),
      onUpgrade: (request, socket, head) => web.upgrade(request, socket, head),
    });
  }

  /** Begins to listen. Throws PORT_IN_USE, CONNECTION_FAILED. */
  listen(): Promise<void> {
    return this.#cameras.listen();
  }

  /** The number of the port that is listened on. */
  get number(): number {
    return this.#cameras.port;
  }

  /** Connections that are open, cameras and others. */
  get connections(): number {
    return this.#cameras.connections;
  }

  /** Bytes of messages that peers have begun and not finished. */
  get unfinishedBytes(): number {
    return this.#cameras.unfinishedBytes;
  }

  /** Accepts nobody any more and ends the connections of viewers; those of cameras go on. */
  closeToNewcomers(): void {
    this.#cameras.stopListening();
    this.#web.close();
  }

  /** Closes every connection. */
  close(): Promise<void> {
    return this.#cameras.close();
  }
}
