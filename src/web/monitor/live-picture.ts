/**
 * One camera's pictures: decoded by WebCodecs as they come, and the newest one painted. Decoding begins at a key
 * picture; when this machine cannot keep up, everything up to the next one is left out.
 */
import type { LivePictureMessage } from '../../lib/web/live-protocol.js';
import { codecString } from './codec-string.js';
import type { PictureTimes } from './delay.js';

/** Pictures that wait for the decoder; beyond them the page is too slow. */
const MAX_QUEUED = 12;

/** Pictures that were given to the decoder and have not come out: forgotten beyond this. */
const MAX_PENDING = 64;

/** Key pictures in a row that fail before the person is told. */
const MAX_FAILURES = 3;

export interface LivePictureEvents {
  /** A picture is on the screen. */
  painted(times: PictureTimes): void;
  /** This browser cannot decode the camera's pictures. */
  undecodable(reason: string): void;
}

/** Whether this browser decodes at all, in this context. */
export function canDecode(): boolean {
  return 'VideoDecoder' in globalThis;
}

export class LivePicture {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #events: LivePictureEvents;
  #decoder: VideoDecoder | undefined;
  #codec: string | undefined;
  #needsKey = true;
  #failures = 0;
  /** Times of the pictures in the decoder, by the number that goes through it as their timestamp. */
  readonly #pending = new Map<number, PictureTimes>();
  #number = 0;
  #newest: { readonly frame: VideoFrame; readonly times: PictureTimes } | undefined;

  constructor(canvas: HTMLCanvasElement, events: LivePictureEvents) {
    const context = canvas.getContext('2d', { alpha: false, desynchronized: true });
    if (context === null) throw new Error('no canvas');
    this.#canvas = canvas;
    this.#context = context;
    this.#events = events;
  }

  /** Takes the next picture. */
  add(picture: LivePictureMessage): void {
    if ((this.#decoder?.decodeQueueSize ?? 0) > MAX_QUEUED) this.#needsKey = true;
    if (this.#needsKey && !picture.key) return;
    if (picture.key) this.#prepare(picture);
    const decoder = this.#decoder;
    if (decoder === undefined) return;
    this.#needsKey = false;
    this.#number += 1;
    this.#pending.set(this.#number, picture);
    if (this.#pending.size > MAX_PENDING) {
      const [oldest] = this.#pending.keys();
      if (oldest !== undefined) this.#pending.delete(oldest);
    }
    const { key, payload } = picture;
    const type = key ? 'key' : 'delta';
    decoder.decode(new EncodedVideoChunk({ type, timestamp: this.#number, data: payload }));
  }

  /** Frees the decoder. */
  close(): void {
    this.#closeDecoder();
    this.#newest?.frame.close();
    this.#newest = undefined;
  }

  /** A decoder for what this key picture says it is. */
  #prepare({ payload }: LivePictureMessage): void {
    const codec = codecString(payload);
    const isReady = this.#decoder?.state === 'configured' && codec === this.#codec;
    if (isReady && !this.#needsKey) return;
    this.#closeDecoder();
    if (codec === undefined) {
      this.#events.undecodable('The stream does not describe itself.');
      return;
    }
    const decoder = new VideoDecoder({
      output: (frame) => this.#decoded(frame),
      error: (error) => this.#failed(error),
    });
    try {
      // Annex B: no description.
      decoder.configure({ codec, optimizeForLatency: true });
      this.#decoder = decoder;
      this.#codec = codec;
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #decoded(frame: VideoFrame): void {
    this.#failures = 0;
    const times = this.#pending.get(frame.timestamp);
    this.#pending.delete(frame.timestamp);
    if (times === undefined) {
      frame.close();
      return;
    }
    const isWaiting = this.#newest !== undefined;
    this.#newest?.frame.close();
    this.#newest = { frame, times };
    if (!isWaiting) requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    if (this.#newest === undefined) return;
    const { frame, times } = this.#newest;
    this.#newest = undefined;
    const { displayWidth, displayHeight } = frame;
    if (this.#canvas.width !== displayWidth || this.#canvas.height !== displayHeight) {
      this.#canvas.width = displayWidth;
      this.#canvas.height = displayHeight;
    }
    this.#context.drawImage(frame, 0, 0, displayWidth, displayHeight);
    frame.close();
    this.#events.painted(times);
  }

  #failed(error: Error): void {
    this.#closeDecoder();
    this.#failures += 1;
    if (this.#failures >= MAX_FAILURES) this.#events.undecodable(error.message);
  }

  #closeDecoder(): void {
    if (this.#decoder !== undefined && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#needsKey = true;
    this.#pending.clear();
  }
}
