import { describe, expect, it } from 'vitest';
import { encodeClip, picturesOf, record, shownTimes, unevenTimes } from '../support/mp4-clips.js';
import { topLevelBoxes } from '../support/mp4-golden.js';
import { decode, probe, readByMp4box } from '../support/mp4-judges.js';
import { ffmpeg, ffprobe } from '../support/tools.js';

describe.skipIf(!ffmpeg || !ffprobe)('files that are being written (needs ffmpeg)', () => {
  it.each([0, 2])('plays up to the last fragment with %i B pictures', async (bFrames) => {
    const clip = encodeClip({ frames: 40, bFrames, gop: 8 });
    const whole = decode(clip, 'stream.h264').pictures;
    const pictures = picturesOf(clip);
    const times = shownTimes(pictures, unevenTimes(40));
    const { unfinished, parts } = await record(pictures, times);
    const file = unfinished[0] ?? Buffer.alloc(0);
    const moofs = topLevelBoxes(file).filter((box) => box.type === 'moof');
    expect(moofs.length).toBeGreaterThan(2);
    let before = 0;
    for (const end of [...moofs.slice(1).map((box) => box.at), file.length]) {
      const { pictures: played, complaints } = decode(file.subarray(0, end), 'stream.mp4');
      expect(complaints).toBe('');
      expect(played.length).toBeGreaterThan(before);
      expect(played).toEqual(whole.slice(0, played.length));
      before = played.length;
    }
    // ffmpeg moves the times of fragments with negative composition offsets; mp4box reads what is written.
    const read = readByMp4box(file);
    expect(read.isFragmented).toBe(true);
    expect(read.samples).toHaveLength(before);
    const finished = readByMp4box(parts[0] ?? Buffer.alloc(0)).samples;
    expect(read.samples).toEqual(finished.slice(0, before));
  });

  it('has the times of the device for ffmpeg', async () => {
    const pictures = picturesOf(encodeClip({ frames: 40 }));
    const times = unevenTimes(40);
    const { unfinished } = await record(pictures, times);
    const { samples } = probe(unfinished[0] ?? Buffer.alloc(0));
    const due = times.slice(0, samples.length).map((time) => time - (times[0] ?? 0));
    expect(samples.map((sample) => sample.pts / 90)).toEqual(due);
  });

  it('plays what came before a cut within a fragment', async () => {
    const clip = encodeClip({ frames: 40 });
    const whole = decode(clip, 'stream.h264').pictures;
    const { unfinished } = await record(picturesOf(clip), unevenTimes(40));
    const file = unfinished[0] ?? Buffer.alloc(0);
    const second = topLevelBoxes(file).filter((box) => box.type === 'moof')[1];
    if (!second) throw new Error('there is no second fragment');
    for (const cut of [4, second.size + 4, second.size + 50, second.size + 3000]) {
      const played = decode(file.subarray(0, second.at + cut), 'stream.mp4').pictures;
      expect(played.slice(0, 10)).toEqual(whole.slice(0, 10));
    }
  });
});
