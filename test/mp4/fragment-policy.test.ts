import { describe, expect, it } from 'vitest';
import {
  MAX_FRAGMENT_BYTES,
  MAX_FRAGMENT_PICTURES,
  MAX_PENDING_PICTURES,
  PendingFragment,
} from '../../src/lib/mp4/fragment-policy.js';
import { type PictureNotes, pendingPicture } from '../support/mp4-pending.js';

/** Sizes of the fragments that the pictures end up in, those still pending left out. */
function fragments(pictures: Iterable<PictureNotes>, maxReorderPictures = 0) {
  const pending = new PendingFragment();
  const sizes: number[] = [];
  let forced = 0;
  for (const picture of pictures) {
    pending.push(pendingPicture(picture));
    const cut = pending.cut(maxReorderPictures);
    if (cut.pictures > 0) sizes.push(pending.take(cut.pictures).length);
    if (cut.forced) forced += 1;
  }
  return { sizes, forced, pending: pending.pictures.length };
}

/** `count` pictures in output order, a key picture every `keyInterval`. */
function* inOrder(count: number, frameMs: number, keyInterval: number, size = 1000) {
  for (let index = 0; index < count; index++) {
    const key = index % keyInterval === 0;
    const epoch = Math.floor(index / keyInterval);
    yield { count: (index % keyInterval) * 2, epoch, key, timeMs: index * frameMs, size };
  }
}

/** Groups of `group` pictures of which the last comes first: I0 P3 B1 B2 P6 B4 B5 for 3. */
function* reordered(groups: number, group: number, frameMs: number) {
  yield { count: 0, timeMs: 0, key: true };
  for (let base = 1; base <= groups * group; base += group) {
    for (const step of [group - 1, ...Array.from({ length: group - 1 }, (_, index) => index)]) {
      yield { count: (base + step) * 2, timeMs: (base + step) * frameMs };
    }
  }
}

describe('PendingFragment', () => {
  it('ends at key pictures, one fragment per group of pictures', () => {
    expect(fragments(inOrder(31, 100, 10)).sizes).toEqual([10, 10, 10]);
  });

  it('does not end at each picture of a stream of key pictures', () => {
    expect(fragments(inOrder(31, 100, 1)).sizes).toEqual([5, 5, 5, 5, 5, 5]);
  });

  it('ends within a long group of pictures after two seconds', () => {
    expect(fragments(inOrder(61, 100, 1000)).sizes).toEqual([20, 20, 20]);
  });

  it('ends when it holds many bytes', () => {
    const size = MAX_FRAGMENT_BYTES / 4;
    expect(fragments(inOrder(13, 1, 1000, size)).sizes).toEqual([3, 3, 3, 3]);
  });

  it('ends when it holds many pictures of no extent at all', () => {
    expect(fragments(inOrder(2 * MAX_FRAGMENT_PICTURES + 1, 0, 1e6, 0)).sizes).toEqual([
      MAX_FRAGMENT_PICTURES,
      MAX_FRAGMENT_PICTURES,
    ]);
  });

  it('ends where times leap', () => {
    const times = [0, 100, 7_200_000, 7_200_100];
    const pictures = times.map((timeMs, index) => ({ count: index, timeMs }));
    expect(fragments(pictures)).toMatchObject({ sizes: [2], forced: 0 });
  });

  it('ends only where no picture to come can be output before', () => {
    // After I0 only whole groups of P B B can be cut off, and two more pictures have to be known.
    const { sizes, forced } = fragments(reordered(20, 3, 100), 2);
    expect(sizes.length).toBeGreaterThan(1);
    expect((sizes[0] ?? 0) % 3).toBe(1);
    expect(sizes.slice(1).every((size) => size % 3 === 0)).toBe(true);
    expect(forced).toBe(0);
  });

  it('waits for as many pictures as may be reordered, though none are', () => {
    const { sizes, pending } = fragments(inOrder(61, 100, 1000), 16);
    expect(sizes).toEqual([20, 20]);
    expect(pending).toBe(21);
  });

  it('waits for no more pictures than a decoder holds back, whatever a damaged order shows', () => {
    const backwards = Array.from({ length: 40 }, (_, index) => ({
      count: -index,
      timeMs: index * 10,
    }));
    const { pending } = fragments([...backwards, ...inOrder(200, 100, 1000)], 0);
    expect(pending).toBeLessThan(40);
  });

  it('ends by force, and says so, where the order leaves no place', () => {
    const backwards = Array.from({ length: MAX_PENDING_PICTURES + 1 }, (_, index) => ({
      count: -index,
      timeMs: index * 100,
    }));
    expect(fragments(backwards, 16)).toEqual({
      sizes: [MAX_PENDING_PICTURES],
      forced: 1,
      pending: 1,
    });
  });

  it('knows how many bytes wait', () => {
    const pending = new PendingFragment();
    for (const picture of inOrder(4, 10, 10, 700)) pending.push(pendingPicture(picture));
    expect(pending.bytes).toBe(2800);
    pending.take(3);
    expect(pending.bytes).toBe(700);
  });
});
