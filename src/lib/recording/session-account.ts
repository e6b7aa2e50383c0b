/**
 * What is told of a session: its live figures, and its manifest at the beginning, as things are, and at the end.
 */
import type { Clock } from '../base/clock.js';
import type { Manifest } from '../storage/manifest.js';
import type { SessionWriter } from '../storage/session-writer.js';
import type { Overload } from './overload.js';
import type { PacketPipeline } from './packet-pipeline.js';
import { type CountedSession, sessionCounts, writtenCounts } from './session-counts.js';
import type { SessionProgress } from './session-info.js';
import {
  endManifest,
  type SessionOutcome,
  type SessionStart,
  startManifest,
} from './session-manifest.js';

export interface SessionAccountOptions {
  readonly clock: Clock;
  /** On the clock that never jumps, in milliseconds. */
  readonly startedMonotonicMs: number;
  readonly start: Omit<SessionStart, 'id'>;
  readonly pipeline: PacketPipeline;
  readonly overload: Overload;
}

export class SessionAccount {
  readonly #options: SessionAccountOptions;
  readonly #interruptions = { count: 0, totalMs: 0 };
  #rejected = 0;

  constructor(options: SessionAccountOptions) {
    this.#options = options;
  }

  /** Counts a binary message that was no packet. */
  countRejected(): void {
    this.#rejected += 1;
  }

  /** Counts an interruption: the camera was away for so many milliseconds. */
  countInterruption(awayMs: number): void {
    this.#interruptions.count += 1;
    this.#interruptions.totalMs += Math.round(awayMs);
  }

  get progress(): SessionProgress {
    const { clock, startedMonotonicMs, pipeline, overload } = this.#options;
    const { frames, bytes } = pipeline.tally.counts;
    const { lost, late } = pipeline.sequence.counts;
    const { dropped } = overload;
    const elapsedMs = clock.monotonic() - startedMonotonicMs;
    return { frames, bytes, lost, late, dropped, rejected: this.#rejected, elapsedMs };
  }

  /** The manifest of the beginning. */
  startManifest(id: string): Manifest {
    return startManifest({ ...this.#options.start, id });
  }

  /** What the manifest would say if the session ended now. */
  manifestNow(id: string): Manifest {
    const { description, tally } = this.#options.pipeline;
    return {
      ...this.startManifest(id),
      durationMs: Math.round(this.progress.elapsedMs),
      counts: sessionCounts(this.#counted),
      frameRate: { device: tally.arrivalRate, arrival: tally.arrivalRate },
      video: description === undefined ? null : videoOf(description),
    };
  }

  /** The manifest of the end. After a failure it counts only what `writer` brought to the operating system. */
  endManifest(id: string, outcome: SessionOutcome, writer: SessionWriter): Manifest {
    const { clock, pipeline } = this.#options;
    const counts = sessionCounts(this.#counted);
    return endManifest(this.startManifest(id), {
      outcome,
      counts: outcome.failure === undefined ? counts : writtenCounts(counts, writer),
      arrivalRate: pipeline.tally.arrivalRate,
      checksums: writer.checksums(),
      usesInheritedSets: pipeline.usedInheritedParameterSets,
      endedAtMs: clock.now(),
      interruptions: this.#interruptions,
    });
  }

  get #counted(): CountedSession {
    const { pipeline, overload } = this.#options;
    return {
      tally: pipeline.tally.counts,
      sequence: pipeline.sequence.counts,
      rejected: this.#rejected,
      dropped: overload.dropped,
    };
  }
}

function videoOf({ codec, width, height }: NonNullable<Manifest['video']>): Manifest['video'] {
  return { codec, width, height };
}
