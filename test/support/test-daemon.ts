/**
 * A real daemon on a loopback port and in a temporary directory, in this process, and its recordings.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DaemonEvent } from '../../src/lib/admin/protocol.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { Daemon } from '../../src/lib/daemon/daemon.js';
import type { DaemonOptions } from '../../src/lib/daemon/daemon-options.js';
import { Thumbnailer } from '../../src/lib/ffmpeg/thumbnail.js';
import { type Manifest, parseManifest } from '../../src/lib/storage/manifest.js';
import { rowsOfLines } from './index-rows.js';

export interface TestDaemon {
  readonly daemon: Daemon;
  readonly directory: string;
  readonly url: string;
  /** The next event of this kind that has not been taken yet. */
  event<Name extends DaemonEvent['event']>(
    name: Name,
  ): Promise<Extract<DaemonEvent, { event: Name }>>;
  /** The next session that is finished. */
  finished(): Promise<SessionSummary>;
  stop(): Promise<void>;
}

export async function startTestDaemon(options: Partial<DaemonOptions> = {}): Promise<TestDaemon> {
  const root = await mkdtemp(join(tmpdir(), 'camrec-daemon-'));
  const directory = join(root, 'recordings');
  process.env['CAMREC_RUNTIME_DIR'] = join(root, 'run');
  // In this process: `camrec serve` has another for it.
  const thumbnailer = new Thumbnailer(options.logger ?? silentLogger);
  const daemon = new Daemon({
    host: '127.0.0.1',
    port: 0,
    directory,
    syncMs: 2000,
    minFreeBytes: 0,
    version: '0.0.0-test',
    logger: silentLogger,
    makeThumbnail: (...order) => thumbnailer.make(...order),
    ...options,
  });
  const events: DaemonEvent[] = [];
  const waiting = new Set<() => void>();
  daemon.onEvent((event) => {
    events.push(event);
    for (const look of waiting) look();
  });
  const clean = () => rm(root, { recursive: true, force: true });
  await daemon.start().catch(async (error: unknown) => {
    await clean();
    throw error;
  });
  const event: TestDaemon['event'] = (name) =>
    new Promise((resolve) => {
      const look = () => {
        const index = events.findIndex((candidate) => candidate.event === name);
        if (index === -1) return;
        waiting.delete(look);
        resolve(events.splice(index, 1)[0] as Extract<DaemonEvent, { event: typeof name }>);
      };
      waiting.add(look);
      look();
    });
  return {
    daemon,
    directory,
    url: `ws://127.0.0.1:${daemon.info.port}/android-cam`,
    event,
    finished: async () => (await event('session.finished')).session,
    async stop() {
      await daemon.stop();
      await clean();
    },
  };
}

export interface SessionFiles {
  readonly raw: Buffer;
  readonly rows: ReturnType<typeof rowsOf>;
  readonly manifest: Manifest;
  readonly mp4: Buffer[];
}

/** Everything that a session has on disk. */
export async function sessionFiles(session: SessionSummary): Promise<SessionFiles> {
  const manifest = parseManifest(await readFile(join(session.dir, 'session.json'), 'utf8'));
  if (!manifest.ok) throw new Error(manifest.reason);
  return {
    raw: await readFile(session.files.raw),
    rows: rowsOf(await readFile(session.files.index, 'utf8')),
    manifest: manifest.manifest,
    mp4: await Promise.all(session.files.mp4.map((path) => readFile(path))),
  };
}

function rowsOf(csv: string) {
  const [header, ...lines] = csv.trimEnd().split('\n');
  if (header !== 'sequence,timestamp_ms,arrival_ms,offset,size,kind') throw new Error(header);
  return rowsOfLines(lines);
}
