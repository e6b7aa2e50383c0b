/**
 * A disk that takes nothing while a phone films on: who looks at the log has to know that frames are lost.
 */
import { expect, it, onTestFinished, vi } from 'vitest';
import { MAX_PENDING_BYTES } from '../../src/lib/recording/overload.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { listLogger } from '../admin/fake-daemon.js';
import { annexB, idrAndSets, slice } from '../support/h264-builder.js';
import { SmallDisk } from '../support/small-disk.js';
import { startTestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const LARGE = 4 * 1024 * 1024;

it('is told in the log when frames begin to be dropped, and when they cease to be', async () => {
  const slow = new SmallDisk({ ...systemDisk });
  vi.spyOn(systemDisk, 'open').mockImplementation(slow.disk.open);
  onTestFinished(() => void vi.restoreAllMocks());
  const { logger, lines } = listLogger();
  const daemon = await startTestDaemon({ logger });
  onTestFinished(() => daemon.stop());
  const phone = await TestPhone.connect(`${daemon.url}?name=bench`);
  onTestFinished(() => phone.close());
  const told = (level: string) =>
    lines.filter((line) => line.level === level && /dropped/.test(line.message));
  phone.status('capture_started');
  phone.packet(annexB(idrAndSets), 0);
  await daemon.event('session.opened');
  slow.hold();
  const picture = Buffer.concat([annexB([slice({ frameNum: 1 })]), Buffer.alloc(LARGE, 0x55)]);
  for (let sent = 0; sent <= MAX_PENDING_BYTES + LARGE; sent += LARGE) {
    phone.packet(picture, 100 + sent / LARGE);
  }
  const slowText = 'bench: the disk is too slow, frames are dropped';
  await vi.waitFor(() => expect(told('warn')).toEqual([{ level: 'warn', message: slowText }]), {
    timeout: 10_000,
  });
  slow.release();
  await vi.waitFor(
    () => {
      phone.packet(annexB(idrAndSets), 1_000);
      expect(told('info')).toHaveLength(1);
    },
    { timeout: 10_000 },
  );
  expect(told('info')[0]?.message).toMatch(/^bench: frames are recorded again, \d+ were dropped$/);
});
