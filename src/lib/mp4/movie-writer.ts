/**
 * Pictures in, MP4 files out: the one writer behind live recording and muxing from disk.
 * One file per description of the video, all on one timeline.
 */
import type { ByteSink } from '../base/byte-sink.js';
import type { CodedPicture, VideoDescription } from '../h264/coded-picture.js';
import { PendingFragment } from './fragment-policy.js';
import { HybridMp4Writer, sampleSize } from './hybrid-writer.js';
import { PicturePlacer } from './picture-placer.js';
import { TICKS_PER_MS, Timeline, type TimelineCounts } from './timeline.js';

export interface MovieWriterOptions {
  /** Opens the empty file of a part; parts count from 1. The sink stays the caller's, to sync and to close. */
  readonly openPart: (partNumber: number) => ByteSink;
  /** Wall clock at the beginning, milliseconds since 1970. */
  readonly creationTimeMs: number;
  /** Memory in which what stands in front of a NAL unit is needed no more when its picture is added. */
  readonly spentMemory?: ArrayBufferLike | undefined;
}

/** One finished file. */
export interface MoviePart {
  /** From 1. */
  readonly number: number;
  /** Where it begins on the movie's timeline, milliseconds, to the nearest. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly frames: number;
  readonly keyFrames: number;
  /** Shown size in luma samples, sample aspect ratio not applied. */
  readonly width: number;
  readonly height: number;
  /** RFC 6381. */
  readonly codec: string;
  readonly bytes: number;
}

export interface MovieCounts extends TimelineCounts {
  /** Fragments that had to end where later pictures may have belonged before their end. */
  readonly reorderOverflows: number;
}

export interface MovieSummary {
  readonly parts: readonly MoviePart[];
  readonly frames: number;
  readonly keyFrames: number;
  readonly durationMs: number;
  readonly bytes: number;
  readonly counts: MovieCounts;
}

interface OpenPart {
  readonly number: number;
  readonly sink: ByteSink;
  readonly writer: HybridMp4Writer;
  readonly description: VideoDescription;
  readonly startTick: number;
}

export class MovieWriter {
  readonly #options: MovieWriterOptions;
  readonly #timeline = new Timeline();
  readonly #placer = new PicturePlacer(this.#timeline);
  readonly #pending = new PendingFragment();
  readonly #finished: MoviePart[] = [];
  #part: OpenPart | undefined;
  #partsOpened = 0;
  #lastTimeMs = 0;
  #reorderOverflows = 0;
  #finishing: Promise<void> = Promise.resolve();
  #summary: Promise<MovieSummary> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: MovieWriterOptions) {
    this.#options = options;
  }

  /** Bytes of the pictures that wait for their fragment. */
  get pendingBytes(): number {
    return this.#pending.bytes;
  }

  /** The first error so far, if any. Pictures that come after a part could not be opened go nowhere. */
  get failure(): unknown {
    return this.#failure?.error;
  }

  /** How long a picture lasts by the rate of the stream: a movie of one picture has nothing else to tell it. */
  expectInterval(intervalMs: number): void {
    this.#timeline.expectInterval(intervalMs);
  }

  /**
   * Adds a picture, in decoding order. `timeMs`: device clock, milliseconds of any origin, fractions allowed;
   * `arrivalMs`: when it came, milliseconds of any other origin, if that is known. The first picture has to
   * bring a description. Never waits, never throws. What comes after `finish` is left out.
   */
  add(picture: CodedPicture<unknown>, timeMs: number, arrivalMs: number | undefined): void {
    if (this.#summary) return;
    const { nalUnits, key, order, newDescription } = picture;
    if (Number.isFinite(timeMs)) this.#lastTimeMs = timeMs;
    this.#pending.push({
      nalUnits,
      size: sampleSize(nalUnits),
      key,
      order,
      timeMs: this.#lastTimeMs,
      arrivalMs,
      duration: 0,
      compositionOffset: 0,
    });
    if (newDescription) this.#beginPart(newDescription);
    else this.#endFragmentIfDue();
  }

  /**
   * Writes what is pending and makes every part an ordinary file, handed to the operating system but not synced.
   * Rejects with the first failure, after all parts have been tried.
   */
  finish(): Promise<MovieSummary> {
    this.#summary ??= this.#finishAll();
    return this.#summary;
  }

  async #finishAll(): Promise<MovieSummary> {
    this.#endFragment(this.#pending.pictures.length);
    this.#closePart();
    await this.#finishing;
    if (this.#failure) throw this.#failure.error;
    const parts = this.#finished;
    const sum = (of: (part: MoviePart) => number): number =>
      parts.reduce((total, part) => total + of(part), 0);
    return {
      parts,
      frames: sum((part) => part.frames),
      keyFrames: sum((part) => part.keyFrames),
      durationMs: sum((part) => part.durationMs),
      bytes: sum((part) => part.bytes),
      counts: { ...this.#timeline.counts, reorderOverflows: this.#reorderOverflows },
    };
  }

  /** The last pending picture is the first of a part with another description. */
  #beginPart(description: VideoDescription): void {
    this.#endFragment(this.#pending.pictures.length - 1);
    this.#closePart();
    this.#partsOpened += 1;
    const number = this.#partsOpened;
    const startTick = this.#placer.nextTick;
    const creationTimeMs = this.#options.creationTimeMs + startTick / TICKS_PER_MS;
    try {
      const sink = this.#options.openPart(number);
      const writer = new HybridMp4Writer(
        sink,
        { description, creationTimeMs },
        this.#options.spentMemory,
      );
      this.#part = { number, sink, writer, description, startTick };
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #endFragmentIfDue(): void {
    const cut = this.#pending.cut(this.#part?.description.maxReorderPictures ?? 0);
    if (cut.forced) this.#reorderOverflows += 1;
    this.#endFragment(cut.pictures);
  }

  /** Writes the first `count` pending pictures as a fragment. */
  #endFragment(count: number): void {
    if (count === 0) return;
    const run = this.#pending.take(count);
    this.#placer.place(run, this.#pending.pictures);
    this.#part?.writer.writeFragment(run);
  }

  /** The part's file becomes an ordinary one on its own time, after those before it. */
  #closePart(): void {
    const part = this.#part;
    if (part === undefined) return;
    this.#part = undefined;
    this.#finishing = this.#finishing
      .then(() => part.writer.finish())
      .then(() => {
        this.#finished.push(summaryOf(part));
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      });
  }
}

function summaryOf({ number, sink, writer, description, startTick }: OpenPart): MoviePart {
  return {
    number,
    startMs: Math.round(startTick / TICKS_PER_MS),
    durationMs: Math.round(writer.duration / TICKS_PER_MS),
    frames: writer.sampleCount,
    keyFrames: writer.keyCount,
    width: description.width,
    height: description.height,
    codec: description.codec,
    bytes: sink.length,
  };
}
