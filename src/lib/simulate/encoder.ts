/**
 * What a phone's encoder and its faults make of a sample: the messages of one capture, in order, each with the
 * moment when it is sent. Nothing here knows of sockets or of real time, so that a seed says everything.
 */
import { type CaptureRequest, DEFAULT_CAPTURE_REQUEST } from '../wire/camera-commands.js';
import { encodeFramePacket, FRAME_HEADER_BYTES } from '../wire/frame-packet.js';
import type { Behaviour } from './behaviour.js';
import { corrupted, garbageText, withWrongLength } from './damage.js';
import { captureStartMs, DeviceClock } from './device-clock.js';
import { Random } from './random.js';
import { intervalsOf, type Sample, SampleReader } from './sample.js';

export type MessageKind =
  /** Codec configuration, no picture. */
  | 'config'
  | 'picture'
  /** A picture's packet once more. */
  | 'repetition'
  /** No payload at all. */
  | 'empty'
  /** Binary, but not a packet: the server rejects it. */
  | 'wrong-length'
  /** Text that means nothing. */
  | 'garbage';

export interface EncoderMessage {
  readonly kind: MessageKind;
  readonly data: Buffer | string;
  readonly sequence: number;
  readonly timestampMs: number;
  /** A view of `data`. */
  readonly payload: Uint8Array;
  readonly corrupted: boolean;
}

/** When something comes out of the encoder. */
export interface EncoderMoment {
  /** When the picture is taken, milliseconds since the capture's first picture. */
  readonly takenMs: number;
  /** When it is sent: the same, or later where it is held up. Never goes back. */
  readonly sendMs: number;
  /** Pictures taken then: 0 (configuration) or 1. */
  readonly pictures: 0 | 1;
}

/** Everything that one picture, or the configuration, gives rise to. */
export interface EncoderStep extends EncoderMoment {
  /** The picture was lost on the way out; its sequence number is used up. */
  readonly dropped: boolean;
  readonly messages: readonly EncoderMessage[];
}

export interface EncoderOptions {
  readonly sample: Sample;
  readonly behaviour: Behaviour;
  /** The phone's name: phones of one seed differ. */
  readonly name: string;
  /** Counts the phone's captures from 1. */
  readonly capture: number;
  /** Absent when the phone began by itself. */
  readonly request: CaptureRequest | undefined;
}

const NO_PAYLOAD = new Uint8Array(0);
const AT_ONCE: EncoderMoment = { takenMs: 0, sendMs: 0, pictures: 0 };

export class SimulatedEncoder {
  readonly #sample: Sample;
  readonly #behaviour: Behaviour;
  readonly #reader: SampleReader;
  readonly #clock: DeviceClock;
  readonly #random: Random;
  #sequence: number;
  #configPackets: Uint8Array[];
  #sendMs = 0;
  /** Device time of the last picture, and of the one that is planned. */
  #timestampMs = 0;
  #nextTimestampMs = 0;
  #upcoming: EncoderMoment | undefined;

  constructor(options: EncoderOptions) {
    const { sample, behaviour, name, capture } = options;
    const { seed } = behaviour;
    this.#sample = sample;
    this.#behaviour = behaviour;
    this.#reader = new SampleReader(sample);
    this.#random = new Random(seed, name, capture, 'faults');
    this.#sequence = behaviour.firstSequence;
    this.#configPackets = configPackets(sample, behaviour);
    this.#clock = new DeviceClock({
      startMs: captureStartMs(new Random(seed, name), capture),
      fps: pictureRate(options),
      intervalMs: behaviour.fps === undefined ? intervalsOf(sample) : undefined,
      behaviour,
      random: new Random(seed, name, capture, 'clock'),
    });
  }

  /** When the next step is due. Looking changes nothing. */
  get upcoming(): EncoderMoment {
    this.#upcoming ??= this.#configPackets.length > 0 ? AT_ONCE : this.#plan();
    return this.#upcoming;
  }

  /** The configuration, then one picture after another, without end. */
  next(): EncoderStep {
    const moment = this.upcoming;
    this.#upcoming = undefined;
    const config = this.#configPackets.shift();
    if (config === undefined) return this.#picture(moment);
    // Android stamps configuration buffers with presentation time 0.
    const message = this.#packet('config', config, 0, false);
    return { ...moment, dropped: false, messages: [message] };
  }

  /** What some encoders hand out at the end of their stream: a packet without payload. */
  endOfStream(): EncoderMessage {
    return this.#packet('empty', NO_PAYLOAD, this.#timestampMs, false);
  }

  #plan(): EncoderMoment {
    const { faults } = this.#behaviour;
    const { elapsedMs, timestampMs } = this.#clock.tick();
    this.#nextTimestampMs = timestampMs;
    const heldUpMs = this.#random.chance(faults.delay) ? faults.delayMs : 0;
    this.#sendMs = Math.max(this.#sendMs, elapsedMs + heldUpMs);
    return { takenMs: elapsedMs, sendMs: this.#sendMs, pictures: 1 };
  }

  #picture(moment: EncoderMoment): EncoderStep {
    const { config, faults } = this.#behaviour;
    const random = this.#random;
    const picture = this.#reader.next();
    this.#timestampMs = this.#nextTimestampMs;
    if (random.chance(faults.drop)) {
      this.#sequence += 1;
      return { ...moment, dropped: true, messages: [] };
    }
    const repeatsConfig = config === 'repeat' && picture.key;
    const whole = repeatsConfig
      ? Buffer.concat([...this.#sample.config, picture.bytes])
      : picture.bytes;
    const damaged = random.chance(faults.corrupt);
    const payload = damaged ? corrupted(whole, random) : whole;
    const messages: EncoderMessage[] = [];
    if (random.chance(faults.garbage)) messages.push(this.#garbage());
    const message = this.#packet('picture', payload, this.#timestampMs, damaged);
    if (random.chance(faults.wrongLength)) {
      const data = withWrongLength(message.data, random);
      messages.push({ ...message, kind: 'wrong-length', data });
    } else {
      messages.push(message);
      if (random.chance(faults.repeat)) messages.push({ ...message, kind: 'repetition' });
    }
    return { ...moment, dropped: false, messages };
  }

  #packet(
    kind: MessageKind,
    payload: Uint8Array,
    timestampMs: number,
    damaged: boolean,
  ): EncoderMessage & { readonly data: Buffer } {
    const sequence = this.#sequence >>> 0;
    this.#sequence = sequence + 1;
    const data = encodeFramePacket({ timestampMs, sequence, payload });
    const view = data.subarray(FRAME_HEADER_BYTES);
    return { kind, data, sequence, timestampMs, payload: view, corrupted: damaged };
  }

  #garbage(): EncoderMessage {
    const data = garbageText(this.#random);
    return {
      kind: 'garbage',
      data,
      sequence: 0,
      timestampMs: 0,
      payload: NO_PAYLOAD,
      corrupted: false,
    };
  }
}

/** The configuration as it is sent at the start of a capture: one piece for each packet. */
function configPackets({ config }: Sample, behaviour: Behaviour): Uint8Array[] {
  if (config.length === 0 || behaviour.config === 'never') return [];
  return behaviour.config === 'split' ? [...config] : [Buffer.concat(config)];
}

/** An own rate goes before what the command asks for; 0 of either means what the sample has. */
function pictureRate({ sample, behaviour, request }: EncoderOptions): number {
  const fps = behaviour.fps ?? (request ?? DEFAULT_CAPTURE_REQUEST).fps;
  return fps > 0 ? fps : sample.fps;
}
