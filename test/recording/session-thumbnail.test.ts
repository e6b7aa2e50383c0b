import { expect, it } from 'vitest';
import type { MakeThumbnail } from '../../src/lib/recording/session-info.js';
import { SessionThumbnail } from '../../src/lib/recording/session-thumbnail.js';
import { ManualClock } from '../support/manual-clock.js';

/** The thumbnail of a session whose picture has come just now. */
function begun(made: ReturnType<MakeThumbnail>) {
  const clock = new ManualClock();
  let signal: AbortSignal | undefined;
  const thumbnail = new SessionThumbnail({
    clock,
    directory: Promise.resolve('/recordings/session'),
    makeThumbnail: (_picture, _path, givenUp) => {
      signal = givenUp;
      return made;
    },
  });
  thumbnail.make({ nalUnits: [] }, []);
  return { clock, thumbnail, isGivenUp: () => signal?.aborted };
}

const never = new Promise<boolean>(() => {});

it('is waited for until five seconds after its picture, and given up then', async () => {
  const { clock, thumbnail, isGivenUp } = begun(never);
  clock.advance(3_000);
  const made = thumbnail.made();
  clock.advance(1_999);
  await new Promise(setImmediate);
  expect(isGivenUp()).toBe(false);
  clock.advance(1);
  expect(await made).toBe(false);
  expect(isGivenUp()).toBe(true);
});

it('does not hold up a session that is longer than that', async () => {
  const { clock, thumbnail, isGivenUp } = begun(never);
  clock.advance(60_000);
  const made = thumbnail.made();
  clock.advance(0);
  expect(await made).toBe(false);
  expect(isGivenUp()).toBe(true);
});

it('is there when it was made, however long the session', async () => {
  const { clock, thumbnail, isGivenUp } = begun(Promise.resolve(true));
  clock.advance(3_600_000);
  expect(await thumbnail.made()).toBe(true);
  expect(isGivenUp()).toBe(false);
});
