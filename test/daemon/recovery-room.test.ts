import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/base/clock.js';
import { type Logger, silentLogger } from '../../src/lib/base/logger.js';
import { Recovery } from '../../src/lib/daemon/recover.js';
import { crashed, failedChecks, fastDisk, manifestIn } from '../support/mux-sessions.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** To be kept free for what cameras send. */
const MIN_FREE_BYTES = 20_000_000;

/** Recovers one session on a disk with so much room. Resolves with what the log says of it. */
async function recoverWith(session: string, freeBytes: number, minFreeBytes: number) {
  let hear = (_message: string) => {};
  const said = new Promise<string>((done) => {
    hear = done;
  });
  const say = (_fields: object, message: string) => hear(message);
  const logger: Logger = { ...silentLogger, info: say, error: say };
  const recovery = new Recovery({
    disk: { ...fastDisk, freeBytes: async () => freeBytes },
    clock: systemClock,
    logger,
    directory: dirname(session),
    version: '0.0.0-test',
    makeThumbnail: async () => false,
    refusal: () => undefined,
    minFreeBytes,
  });
  await recovery.look();
  recovery.start();
  await said;
  await recovery.stop();
  return await said;
}

/** Bytes of the raw stream and its index: no MP4 of them is larger. */
async function bytesOf(session: string): Promise<number> {
  const raw = await stat(join(session, 'stream.h264'));
  const index = await stat(join(session, 'frames.csv'));
  return raw.size + index.size;
}

describe('a recovery beside recordings', () => {
  it('waits where its MP4 would take the room that they are promised, and says what does it later', async () => {
    const session = await crashed(await temporaryDirectory());
    const freeBytes = MIN_FREE_BYTES + (await bytesOf(session)) - 1;
    const said = await recoverWith(session, freeBytes, MIN_FREE_BYTES);
    expect(said).toMatch(
      /is not recovered: its MP4 takes .* of disk are free, of which --min-free keeps 20\.0 MB; camrec mux/,
    );
    expect((await manifestIn(session)).state).toBe('recording');
  });

  it('waits where the whole disk would not hold its MP4', async () => {
    const session = await crashed(await temporaryDirectory());
    const said = await recoverWith(session, (await bytesOf(session)) - 1, 0);
    expect(said).toMatch(/is not recovered: its MP4 takes .* of disk are free; camrec mux/);
    expect((await manifestIn(session)).state).toBe('recording');
  });

  it('goes on where there is room for both', async () => {
    const session = await crashed(await temporaryDirectory());
    await recoverWith(session, MIN_FREE_BYTES + (await bytesOf(session)), MIN_FREE_BYTES);
    expect((await manifestIn(session)).state).toBe('recovered');
    expect(await failedChecks(session)).toEqual([]);
  });

  it('goes on where the file system does not know how much is free', async () => {
    const session = await crashed(await temporaryDirectory());
    await recoverWith(session, 0, 0);
    expect((await manifestIn(session)).state).toBe('recovered');
  });
});
