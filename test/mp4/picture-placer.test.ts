import { describe, expect, it } from 'vitest';
import { PicturePlacer } from '../../src/lib/mp4/picture-placer.js';
import { Timeline } from '../../src/lib/mp4/timeline.js';
import { type PictureNotes, pendingPicture } from '../support/mp4-pending.js';

/** Decoding times, presentation times and end of consecutive runs, in milliseconds. */
function place(...runs: PictureNotes[][]) {
  const timeline = new Timeline();
  const placer = new PicturePlacer(timeline);
  const decoded: number[] = [];
  const presented: number[] = [];
  let time = 0;
  for (const [index, run] of runs.entries()) {
    const following = runs[index + 1]?.slice(0, 1) ?? [];
    const pictures = run.map(pendingPicture);
    placer.place(pictures, following.map(pendingPicture));
    for (const { duration, compositionOffset } of pictures) {
      decoded.push(time / 90);
      presented.push((time + compositionOffset) / 90);
      time += duration;
    }
  }
  return { decoded, presented, end: time / 90, counts: timeline.counts };
}

const none = { repeated: 0, backward: 0, jumps: 0 };

describe('PicturePlacer', () => {
  it('gives pictures in output order their own times and no offsets', () => {
    const { decoded, presented, end } = place([
      { count: 0, timeMs: 1000 },
      { count: 2, timeMs: 1040 },
      { count: 4, timeMs: 1100 },
    ]);
    expect(decoded).toEqual([0, 40, 100]);
    expect(presented).toEqual(decoded);
    expect(end).toBe(140); // the median, the lower one
  });

  it('lets a run reach to the first picture of the next', () => {
    const { decoded, end, counts } = place(
      [
        { count: 0, timeMs: 1000 },
        { count: 2, timeMs: 1010 },
      ],
      [{ count: 0, epoch: 1, timeMs: 1500 }],
    );
    expect(decoded).toEqual([0, 10, 500]);
    expect(end).toBe(510); // of 10 and 490
    expect(counts).toEqual(none);
  });

  it('presents reordered pictures at the times that they carry', () => {
    // I0 P3 B1 B2 P6 B4 B5, then the next run.
    const { decoded, presented, counts } = place(
      [
        { count: 0, timeMs: 0 },
        { count: 6, timeMs: 350 },
        { count: 2, timeMs: 100 },
        { count: 4, timeMs: 200 },
        { count: 12, timeMs: 620 },
        { count: 8, timeMs: 400 },
        { count: 10, timeMs: 500 },
      ],
      [{ count: 0, epoch: 1, timeMs: 700 }],
    );
    expect(presented).toEqual([0, 350, 100, 200, 620, 400, 500, 700]);
    expect(decoded).toEqual([0, 100, 200, 350, 400, 500, 620, 700]);
    expect(counts).toEqual(none);
  });

  it('presents reordered pictures in order when their times only rise', () => {
    const { decoded, presented, counts } = place([
      { count: 0, timeMs: 0 },
      { count: 6, timeMs: 100 },
      { count: 2, timeMs: 200 },
      { count: 4, timeMs: 300 },
    ]);
    expect(decoded).toEqual([0, 100, 200, 300]);
    expect(presented).toEqual([0, 300, 100, 200]);
    expect(counts).toEqual(none);
  });

  it('counts a time below the one at which the run has been settled to begin', () => {
    const { presented, counts } = place(
      [{ count: 0, timeMs: 0 }],
      [
        { count: 0, epoch: 1, timeMs: 1000 },
        { count: 4, epoch: 1, timeMs: 1200 },
        { count: 2, epoch: 1, timeMs: 900 },
      ],
    );
    expect(presented).toEqual([0, 1000, 1200, 1000 + 1 / 90]);
    expect(counts).toEqual({ ...none, backward: 1 });
  });

  it('counts repeated times in a reordered run', () => {
    const { presented, counts } = place([
      { count: 0, timeMs: 0 },
      { count: 4, timeMs: 50 },
      { count: 2, timeMs: 50 },
    ]);
    expect(presented).toEqual([0, 50 + 1 / 90, 50]);
    expect(counts).toEqual({ ...none, repeated: 1 });
  });

  it('takes the rest of a run over a clock that was set amid reordered pictures', () => {
    const day = 86_400_000;
    const { decoded, counts } = place([
      { count: 0, timeMs: 0, arrivalMs: 0 },
      { count: 4, timeMs: 200, arrivalMs: 100 },
      { count: 2, timeMs: 100, arrivalMs: 200 },
      { count: 8, timeMs: day + 400, arrivalMs: 300 },
      { count: 6, timeMs: day + 300, arrivalMs: 400 },
    ]);
    expect(decoded).toEqual([0, 100, 200, 300, 400]);
    expect(counts).toEqual({ ...none, jumps: 1 });
  });

  it('takes a clock that was set back amid reordered pictures for what it is', () => {
    const { presented, counts } = place(
      [
        { count: 0, timeMs: 5000 },
        { count: 4, timeMs: 5200 },
        { count: 2, timeMs: 5100 },
        { count: 8, timeMs: 4400 },
        { count: 6, timeMs: 4300 },
      ],
      [{ count: 0, epoch: 1, timeMs: 4500 }],
    );
    expect(presented).toEqual([0, 200, 100, 400, 300, 500]);
    expect(counts).toEqual({ ...none, jumps: 1 });
  });
});
