// How much each figure takes. `full` is what docs/performance.md reports, `quick` shows a tendency in a few minutes,
// `tiny` shows in seconds that the bench itself works.
const MB = 1e6;

export const SIZES = {
  full: {
    fillMemory: true,
    stream: { small: false },
    cpu: { cameras: 4, pictures: 7200, rounds: 5 },
    stop: [
      { name: '30 MB', bytes: 30 * MB, stops: 100 },
      { name: '1 GB', bytes: 1000 * MB, stops: 10 },
      { name: 'an hour at 30 fps', pictures: 108_000, pictureBytes: 400, stops: 20 },
    ],
    day: { pictures: 2_592_000, pictureBytes: 200, looks: 20 },
    cameras: { cameras: 200, fps: 30, seconds: 60 },
    limit: { from: 300, step: 100, to: 1200, fps: 30, seconds: 15 },
    remux: { bytes: 1000 * MB, rounds: 8 },
    startup: { rounds: 30, sessions: 1000 },
    smallFrames: { perSecond: 20_000, pictureBytes: 484, seconds: 30 },
  },
  quick: {
    fillMemory: true,
    stream: { small: false },
    cpu: { cameras: 4, pictures: 1800, rounds: 3 },
    stop: [
      { name: '30 MB', bytes: 30 * MB, stops: 20 },
      { name: '200 MB', bytes: 200 * MB, stops: 5 },
      { name: 'an hour at 30 fps', pictures: 108_000, pictureBytes: 400, stops: 3 },
    ],
    day: { pictures: 259_200, pictureBytes: 200, looks: 10 },
    cameras: { cameras: 100, fps: 30, seconds: 10 },
    limit: { from: 200, step: 200, to: 600, fps: 30, seconds: 5 },
    remux: { bytes: 200 * MB, rounds: 3 },
    startup: { rounds: 10, sessions: 1000 },
    smallFrames: { perSecond: 20_000, pictureBytes: 484, seconds: 5 },
  },
  tiny: {
    fillMemory: false,
    stream: { small: true },
    cpu: { cameras: 2, pictures: 30, rounds: 1 },
    stop: [{ name: '1 MB', bytes: MB, stops: 1 }],
    day: { pictures: 900, pictureBytes: 200, looks: 3 },
    cameras: { cameras: 3, fps: 30, seconds: 1 },
    limit: { from: 4, step: 4, to: 4, fps: 30, seconds: 1 },
    remux: { bytes: MB, rounds: 1 },
    startup: { rounds: 1, sessions: 3 },
    smallFrames: { perSecond: 1000, pictureBytes: 484, seconds: 1 },
  },
};
