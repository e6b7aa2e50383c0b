import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClipOptions,
  encodeClip,
  outputPlaces,
  picturesOf,
  type Recording,
  record,
} from '../support/mp4-clips.js';
import { decode } from '../support/mp4-judges.js';
import { type Played, Player } from '../support/mp4-player.js';
import { chromium, ffmpeg } from '../support/tools.js';

/** A recording of a clip whose pictures carry `times`, milliseconds in output order. */
async function recordClip(options: ClipOptions, times: readonly number[]): Promise<Recording> {
  const pictures = picturesOf(encodeClip(options));
  return record(
    pictures,
    outputPlaces(pictures).map((place) => times[place] ?? 0),
  );
}

describe.skipIf(!chromium || !ffmpeg)('playback (needs Chromium) (needs ffmpeg)', () => {
  let player: Player;

  beforeAll(async () => {
    player = await Player.launch();
  });

  afterAll(async () => {
    await player.close();
  });

  /** Plays to the end; every picture has to be decoded, and painted only at a time that it has. */
  async function playAll(mp4: Buffer | undefined, timesMs: readonly number[]): Promise<Played> {
    const played = await player.play(mp4 ?? Buffer.alloc(0));
    expect(played.outcome).toBe('ended');
    expect(played.decoded).toBe(timesMs.length);
    const due = new Set(timesMs.map((time) => time - (timesMs[0] ?? 0)));
    // A repeated time is one tick of 1/90 ms later.
    const painted = played.paintedAt.map((time) => Math.floor(time * 1000 + 0.001));
    expect(painted.filter((time) => !due.has(time))).toEqual([]);
    return played;
  }

  describe.concurrent('a finished file', () => {
    const uneven = [0, 33, 67, 167, 200, 400, 433, 467, 567, 600, 650, 700].map((ms) => ms + 9e6);

    it('plays to its end', async () => {
      const { parts, summary } = await recordClip({ frames: 12, gop: 5 }, uneven);
      const played = await playAll(parts[0], uneven);
      expect(played.duration).toBeCloseTo(summary.durationMs / 1000, 2);
    });

    it('plays with reordered pictures', async () => {
      const { parts } = await recordClip({ frames: 12, bFrames: 2 }, uneven);
      await playAll(parts[0], uneven);
    });

    it('plays with repeated times', async () => {
      const times = [0, 50, 50, 100, 150, 150, 150, 200, 300, 400];
      const { parts } = await recordClip({ frames: 10 }, times);
      await playAll(parts[0], times);
    });

    it('plays a single picture', async () => {
      const { parts } = await recordClip({ frames: 1 }, [77]);
      await playAll(parts[0], [77]);
    });

    it('is shown in its cropped size, stretched by the sample aspect ratio', async () => {
      const times = [0, 40, 80];
      const options = { frames: 3, size: '320x180', filter: 'setsar=4/3' };
      const { parts } = await recordClip(options, times);
      expect(await playAll(parts[0], times)).toMatchObject({ width: 427, height: 180 });
    });
  });

  describe.concurrent('a file that was not finished', () => {
    const times = Array.from({ length: 26 }, (_, index) => index * 50);

    it.each([0, 2])('plays up to its last fragment with %i B pictures', async (bFrames) => {
      const { unfinished } = await recordClip({ frames: 26, gop: 12, bFrames }, times);
      const file = unfinished[0] ?? Buffer.alloc(0);
      const { pictures } = decode(file, 'stream.mp4');
      expect(pictures).toHaveLength(24);
      const played = await player.play(file);
      expect(played).toMatchObject({ outcome: 'ended', decoded: 24 });
    });
  });
});
