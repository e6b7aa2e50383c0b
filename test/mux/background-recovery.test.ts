import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../src/lib/base/logger.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import { thisProcess } from '../../src/lib/base/process-identity.js';
import {
  crashed,
  failedChecks,
  manifestIn,
  recorded,
  writeManifestIn,
} from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startTestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

/** A logger that lets a test wait for an event. */
function listeningLogger() {
  const events: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const hear = (fields: Record<string, unknown>, message: string) => {
    events.push({ ...fields, message });
    for (const look of waiting) look();
  };
  const logger: Logger = { ...silentLogger, info: hear, warn: hear, error: hear };
  const heard = (event: string, count: number) =>
    new Promise<Record<string, unknown>[]>((resolve) => {
      const look = () => {
        const found = events.filter((fields) => fields['event'] === event);
        if (found.length >= count) resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { logger, heard, events };
}

describe('a daemon that starts', () => {
  it('recovers what an earlier one left, while cameras record', async () => {
    const directory = await temporaryDirectory();
    const lost = [await crashed(directory), await crashed(directory)];
    const whole = await recorded(directory);
    const wholeBefore = await readFile(join(whole, 'session.json'));
    const { logger, heard } = listeningLogger();
    const daemon = await startTestDaemon({ directory, logger });
    const phone = await TestPhone.connect(daemon.url);
    phone.status('capture_started');
    for (const { payload, timestampMs } of samplePackets(10)) phone.packet(payload, timestampMs);
    const recovered = await heard('session.recovered', 2);
    expect(recovered.map(({ frames }) => frames)).toEqual([25, 25]);
    expect(recovered[0]?.['message']).toMatch(/recovered: 25 frames, 0 frames and \d+ ms lost/);
    phone.status('capture_stopped');
    const live = await daemon.finished();
    await phone.close();
    await daemon.stop();
    for (const session of [...lost, live.dir]) expect(await failedChecks(session)).toEqual([]);
    expect((await manifestIn(lost[0] ?? '')).state).toBe('recovered');
    expect(await readFile(join(whole, 'session.json'))).toEqual(wholeBefore);
  });

  it('recovers nothing where too little is free, and says what does it later', async () => {
    const directory = join(await temporaryDirectory(), 'my recordings');
    await mkdir(directory);
    const session = await crashed(directory);
    const { logger, heard } = listeningLogger();
    const daemon = await startTestDaemon({ directory, logger, minFreeBytes: 2 ** 60 });
    const [refused] = await heard('session.unrecoverable', 1);
    expect(refused?.['error']).toMatch(
      /^only .* of disk are free, less than --min-free .*; camrec/,
    );
    expect(refused?.['error']).toContain(`; camrec mux '${session}' recovers it later`);
    await daemon.stop();
    expect((await manifestIn(session)).state).toBe('recording');
  });

  it('leaves alone what another living process writes', async () => {
    const directory = await temporaryDirectory();
    const session = await crashed(directory);
    const manifest = await manifestIn(session);
    const writer = { ...manifest.writer, ...thisProcess() };
    await writeManifestIn(session, { ...manifest, writer });
    const { logger, heard } = listeningLogger();
    const daemon = await startTestDaemon({ directory, logger });
    const [busy] = await heard('session.busy', 1);
    expect(busy?.['why']).toContain(`process ${process.pid}`);
    await daemon.stop();
    expect((await manifestIn(session)).state).toBe('recording');
  });

  it('recovers what a container under its own host name left', async () => {
    const directory = await temporaryDirectory();
    const session = await crashed(directory);
    const manifest = await manifestIn(session);
    const writer = { ...manifest.writer, pidNamespace: 'pid:[1]' };
    await writeManifestIn(session, { ...manifest, writer });
    const { logger, heard } = listeningLogger();
    const daemon = await startTestDaemon({ directory, logger });
    await heard('session.recovered', 1);
    await daemon.stop();
    expect(await failedChecks(session)).toEqual([]);
  });

  it('says what it could not recover, and goes on to the next', async () => {
    const directory = await temporaryDirectory();
    const [first, second] = [await crashed(directory), await crashed(directory)];
    // An index without rows, and a stream that cannot be read for one.
    await writeFile(join(first, 'frames.csv'), '');
    await writeFile(join(first, 'stream.h264'), 'hello '.repeat(100));
    const { logger, heard, events } = listeningLogger();
    const daemon = await startTestDaemon({ directory, logger });
    await heard('session.recovered', 2);
    await daemon.stop();
    const states = events.filter((fields) => fields['event'] === 'session.recovered');
    expect(states.map(({ state }) => state)).toEqual(['failed', 'recovered']);
    expect(await failedChecks(second)).toEqual([]);
  });
});
