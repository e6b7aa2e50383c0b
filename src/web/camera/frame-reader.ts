/**
 * The camera's pictures one by one, with the time they were taken: straight from the track where the browser hands
 * them over, else as the preview shows them.
 */

/** Not yet in TypeScript's library: it is a draft, and in Safari it exists in workers only. */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}

type TrackProcessorConstructor = new (init: { track: MediaStreamTrack }) => TrackProcessor;

/** Gets each picture, and closes it. `timestamp` is in microseconds of a clock that begins anywhere. */
export type TakeFrame = (frame: VideoFrame) => void;

/** Reads until the returned function is called. `preview` plays the track. */
export function readFrames(
  track: MediaStreamTrack,
  preview: HTMLVideoElement,
  take: TakeFrame,
): () => void {
  const processor: unknown = Reflect.get(globalThis, 'MediaStreamTrackProcessor');
  if (typeof processor !== 'function') return readPreview(preview, take);
  return readTrack(new (processor as TrackProcessorConstructor)({ track }), take);
}

function readTrack({ readable }: TrackProcessor, take: TakeFrame): () => void {
  const reader = readable.getReader();
  const run = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  };
  // The track has ended: whoever owns it knows.
  run().catch(() => {});
  return () => void reader.cancel().catch(() => {});
}

function readPreview(preview: HTMLVideoElement, take: TakeFrame): () => void {
  let handle = 0;
  const next = () => {
    handle = preview.requestVideoFrameCallback((now, { captureTime }) => {
      // First: a picture that cannot be had is missed, and not all after it.
      next();
      const timestamp = Math.round((captureTime ?? now) * 1000);
      take(new VideoFrame(preview, { timestamp }));
    });
  };
  next();
  return () => preview.cancelVideoFrameCallback(handle);
}
