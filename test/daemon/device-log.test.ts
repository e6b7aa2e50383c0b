/**
 * What the log says of a session whose packets are dropped.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { type LogEvent, silentLogger } from '../../src/lib/base/logger.js';
import { DeviceLog } from '../../src/lib/daemon/device-log.js';
import type { SessionRecorder } from '../../src/lib/recording/session-recorder.js';
import { ManualClock } from '../support/manual-clock.js';

describe('a disk that is too slow', () => {
  let lines: string[];
  let log: DeviceLog;

  beforeEach(() => {
    lines = [];
    const line: LogEvent = (_fields, message) => lines.push(message);
    log = new DeviceLog({
      clock: new ManualClock(),
      logger: { ...silentLogger, info: line, warn: line },
      name: () => 'bench',
      onOddity: () => {},
    });
  });

  const session = () => ({ isOverloaded: true, progress: { dropped: 7 } });
  const watch = (watched: ReturnType<typeof session> | undefined) =>
    log.watchOverload(watched as unknown as SessionRecorder | undefined);

  it('is said once, and so is its end', () => {
    const one = session();
    watch(one);
    watch(one);
    one.isOverloaded = false;
    watch(one);
    watch(one);
    expect(lines).toEqual([
      'bench: the disk is too slow, frames are dropped',
      'bench: frames are recorded again, 7 were dropped',
    ]);
  });

  it('and a session that ends before it is quick again', () => {
    watch(session());
    watch(undefined);
    watch(undefined);
    expect(lines[1]).toBe('bench: the recording has ended, 7 were dropped');
    expect(lines).toHaveLength(2);
  });
});
