/**
 * One capture: pictures from the camera through the encoder to the server.
 *
 * waiting ──first picture──▶ configuring ──encoder ready──▶ running ──stop──▶ ended
 */

import type { CaptureClock } from './capture-clock.js';
import type { CaptureOrder } from './command.js';
import { chooseEncoder } from './encoder-choice.js';
import { Pace } from './pace.js';
import { encodePacket } from './packet.js';
import { type Area, pictureArea, type Ratio } from './picture-area.js';
import { cropped, upright } from './upright.js';

/** A key picture about once a second, as phones send them. */
const KEY_EVERY_US = 1_000_000;

export interface CaptureSink {
  /** One message, in order. */
  packet(message: Uint8Array<ArrayBuffer>, key: boolean): void;
  /** Bytes that wait for the network. */
  readonly unsentBytes: number;
}

export interface CaptureOptions {
  readonly order: CaptureOrder;
  /** The ratio where the order names none. */
  readonly ownRatio: Ratio | undefined;
  readonly clock: CaptureClock;
  readonly sink: CaptureSink;
  /** Encoding begins: told before the first packet. */
  readonly started: (message: string) => void;
  /** It cannot go on. */
  readonly failed: (message: string) => void;
}

export interface CaptureFigures {
  readonly pictures: number;
  readonly bytes: number;
  /** By how much the frame rate is lowered; 1: not at all. */
  readonly slowdown: number;
}

type State = 'waiting' | 'configuring' | 'running' | 'ended';

export class Capture {
  readonly #options: CaptureOptions;
  readonly #encoder: VideoEncoder;
  readonly #pace: Pace;
  #state: State = 'waiting';
  #hasStarted = false;
  /** Of the camera's pictures, for which the encoder is set up. */
  #pictureSize: Ratio = { width: 0, height: 0 };
  #area: Area = { x: 0, y: 0, width: 0, height: 0 };
  #lastKeyUs = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  #bytes = 0;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#pace = new Pace(options.order.fps, options.order.bitsPerSecond);
    this.#encoder = new VideoEncoder({
      output: (chunk) => this.#encoded(chunk),
      error: (error) => this.#fail(error.message),
    });
  }

  get figures(): CaptureFigures {
    return { pictures: this.#sequence, bytes: this.#bytes, slowdown: this.#pace.slowdown };
  }

  /** Whether the server has been told that it has begun. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** The same, and it has not ended. */
  get isRunning(): boolean {
    return this.#hasStarted && this.#state !== 'ended';
  }

  /** Takes a picture of the camera, and closes it. */
  take(frame: VideoFrame): void {
    let picture = frame;
    try {
      picture = upright(frame);
      if (this.#options.clock.isReady(picture.timestamp)) this.#encode(picture);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      picture.close();
    }
  }

  /** The next picture can be decoded without those before it. */
  wantKey(): void {
    this.#lastKeyUs = Number.NEGATIVE_INFINITY;
  }

  /** Ends it; resolves when everything that was encoded has been handed over. */
  async stop(): Promise<void> {
    this.#state = 'ended';
    // An encoder that fails now has said so already.
    if (this.#encoder.state === 'configured') await this.#encoder.flush().catch(() => {});
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }

  #encode(picture: VideoFrame): void {
    const { width = 0, height = 0 } = picture.visibleRect ?? {};
    const isOther = width !== this.#pictureSize.width || height !== this.#pictureSize.height;
    // Turned by 90 degrees, say: the stream goes on with other parameter sets.
    if (this.#state === 'waiting' || (this.#state === 'running' && isOther)) {
      void this.#configure({ width, height });
    }
    if (this.#state !== 'running') return;
    const { sink } = this.#options;
    const load = { unsentBytes: sink.unsentBytes, inEncoder: this.#encoder.encodeQueueSize };
    if (!this.#pace.takes(picture.timestamp / 1000, load)) return;
    const keyFrame = picture.timestamp - this.#lastKeyUs >= KEY_EVERY_US;
    if (keyFrame) this.#lastKeyUs = picture.timestamp;
    const part = cropped(picture, this.#area);
    this.#encoder.encode(part, { keyFrame });
    part.close();
  }

  async #configure(pictureSize: Ratio): Promise<void> {
    this.#state = 'configuring';
    const { order, ownRatio, started } = this.#options;
    const { bitsPerSecond, fps } = order;
    const area = pictureArea(pictureSize, order.aspectRatio ?? ownRatio);
    const { width, height } = area;
    const config = await chooseEncoder({ width, height, bitsPerSecond, fps });
    // Stopped in the meantime: the state is read anew.
    if (!this.#isConfiguring()) return;
    if (config === undefined) {
      this.#fail(`no H.264 encoder for ${width}×${height}`);
      return;
    }
    this.#encoder.configure(config);
    this.#pictureSize = pictureSize;
    this.#area = area;
    this.#state = 'running';
    this.wantKey();
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    const rate = fps === 0 ? 'as many as it can' : `${fps} fps`;
    started(`Streaming H.264 at ${width}x${height}, ${bitsPerSecond / 1e6} Mbit/s (${rate})`);
  }

  #isConfiguring(): boolean {
    return this.#state === 'configuring';
  }

  #encoded(chunk: EncodedVideoChunk): void {
    const { clock, sink } = this.#options;
    const message = encodePacket(clock.time(chunk.timestamp), this.#sequence, chunk);
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#bytes += chunk.byteLength;
    sink.packet(message, chunk.type === 'key');
  }

  #fail(message: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#options.failed(message);
  }
}
