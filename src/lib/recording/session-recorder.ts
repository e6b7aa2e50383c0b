/**
 * Records one session: every packet into the raw stream and its index, every picture into the MP4 that grows beside
 * them. What else belongs to a session is joined in `session-opening.ts`.
 */
import { RESERVE_BYTES_PER_PICTURE } from '../storage/disk-reserve.js';
import type { Manifest } from '../storage/manifest.js';
import type { SessionWriter } from '../storage/session-writer.js';
import type { Overload } from './overload.js';
import type { PacketPipeline } from './packet-pipeline.js';
import type { ReceivedPacket } from './received-packet.js';
import { endSession } from './session-ending.js';
import type {
  EndReason,
  FinishedSession,
  RecordingContext,
  SessionDevice,
  SessionOrder,
  SessionProgress,
} from './session-info.js';
import { diskFailure } from './session-manifest.js';
import { type OpenSession, openSession } from './session-opening.js';
import type { SessionParts } from './session-parts.js';

/** By so much has the wall clock been set when the arrivals of a connection differ from it: less is how finely it is read. */
const MIN_CLOCK_STEP_MS = 100;

/** Share of the greatest size of a file that is left for the next group of pictures and for the end of the MP4. */
const LEFT_OF_LARGEST_FILE = 1 / 16;

export interface SessionRecorderOptions {
  readonly context: RecordingContext;
  readonly device: SessionDevice;
  readonly order: SessionOrder;
  /** Parameter sets that the device sent in an earlier session, used until it sends its own. */
  readonly inheritedParameterSets: readonly Uint8Array[];
  /** The session cannot go on: it should be ended with this reason. */
  readonly onFailure: (reason: EndReason, error: unknown) => void;
}

export class SessionRecorder {
  /** Resolves with the session's id when its directory and first manifest are there. */
  readonly opened: Promise<string>;
  /** Resolves when the session has ended and its files are as they will stay. Never rejects. */
  readonly finished: Promise<FinishedSession>;
  readonly order: SessionOrder;
  readonly #session: OpenSession;
  // Each packet needs these.
  readonly #writer: SessionWriter;
  readonly #parts: SessionParts;
  readonly #pipeline: PacketPipeline;
  readonly #overload: Overload;
  readonly #largestFile: () => number;
  #resolveFinished: (session: FinishedSession) => void = () => {};
  #id: string | undefined;
  #lastSequence: number | undefined;
  #onFailure: SessionRecorderOptions['onFailure'];
  #failure: unknown;
  /** Between the arrivals of the connection and the session's own. */
  #arrivalShiftMs = 0;

  constructor(options: SessionRecorderOptions) {
    const { logger, largestFile = () => Number.POSITIVE_INFINITY } = options.context;
    this.#largestFile = largestFile;
    this.order = options.order;
    this.#onFailure = options.onFailure;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    this.#session = openSession({
      ...options,
      onTooManyParts: () => this.#onFailure('too-many-parts', undefined),
      onFull: (error, keptBytes) => {
        const fields = { event: 'disk.full', session: this.#id, reserve: keptBytes };
        logger.error(fields, `the disk is full: finishing ${this.#id ?? 'the session'}`);
        this.#onFailure('disk-full', error);
      },
    });
    this.#writer = this.#session.writer;
    this.#parts = this.#session.parts;
    this.#pipeline = this.#session.pipeline;
    this.#overload = this.#session.overload;
    this.opened = this.#session.opened.then((id) => {
      this.#id = id;
      return id;
    });
    this.opened.catch((error) => this.#fail(error));
  }

  /** Known once the directory is there. */
  get id(): string | undefined {
    return this.#id;
  }

  get isEmpty(): boolean {
    return this.#pipeline.tally.counts.packets === 0;
  }

  /** The last sequence number that came. */
  get lastSequence(): number | undefined {
    return this.#lastSequence;
  }

  /** Parameter sets in force: what a later session of the device may inherit. */
  get parameterSets(): readonly Uint8Array[] {
    return this.#pipeline.parameterSets;
  }

  /** Bytes that wait for the disk. */
  get queuedBytes(): number {
    return this.#writer.pending + this.#parts.pending;
  }

  /** Whether its files may not grow much more: what comes next belongs into another session. */
  get isNearlyTooLarge(): boolean {
    const tables = RESERVE_BYTES_PER_PICTURE * this.#pipeline.tally.counts.frames;
    const largest = Math.max(this.#writer.rawLength, this.#parts.length + tables);
    return largest > this.#largestFile() * (1 - LEFT_OF_LARGEST_FILE);
  }

  /** Whether what was written is being made durable. */
  get isSyncing(): boolean {
    return this.#session.sync.isSyncing;
  }

  /** How much of the session, in milliseconds, a power cut would cost now. */
  get unsyncedMs(): number {
    return this.#session.sync.unsyncedMs;
  }

  /** Whether packets are dropped now because the disk is too slow. */
  get isOverloaded(): boolean {
    return this.#overload.isOverloaded;
  }

  get progress(): SessionProgress {
    return this.#session.account.progress;
  }

  /** What the manifest would say if the session ended now. */
  get manifest(): Manifest {
    return this.#session.account.manifestNow(this.#id ?? '');
  }

  /** Whether a packet looks like the first of another capture. */
  beginsAnew(packet: ReceivedPacket): boolean {
    return this.#pipeline.sequence.beginsAnew(packet.sequence, packet.kind !== 'delta');
  }

  /** The camera has come back after `awayMs`, on a connection that asks to be told of failures instead of the first. */
  resumed(awayMs: number, onFailure: SessionRecorderOptions['onFailure']): void {
    this.#session.account.countInterruption(awayMs);
    this.#onFailure = onFailure;
  }

  /**
   * Packets come from a connection at whose beginning wall and monotonic clock differed by so much. The wall clock may
   * have been set since: arrivals go by the session's own beginning, whatever connection they come from.
   */
  takeArrivalsBy(epochOffsetMs: number): void {
    const shiftMs = Math.round(this.#session.epochOffsetMs - epochOffsetMs);
    this.#arrivalShiftMs = Math.abs(shiftMs) < MIN_CLOCK_STEP_MS ? 0 : shiftMs;
  }

  countRejected(): void {
    this.#session.account.countRejected();
  }

  /** Records one packet. Returns at once; the disk is written by `tick` and `finish`. */
  append(packet: ReceivedPacket): void {
    const { sequence, timestampMs, kind, payload } = packet;
    const arrivalMs = packet.arrivalMs + this.#arrivalShiftMs;
    this.#lastSequence = sequence;
    if (this.#failure !== undefined) {
      this.#overload.drop();
      return;
    }
    if (!this.#overload.admit(packet, this.queuedBytes)) return;
    this.#writer.append(payload, { sequence, timestampMs, arrivalMs, kind });
    this.#pipeline.push(this.#arrivalShiftMs === 0 ? packet : { ...packet, arrivalMs }, packet);
  }

  /** Hands what is queued to the operating system. Returns at once. */
  flush(): void {
    if (this.#failure !== undefined) return;
    this.#session.reserve.queued(this.queuedBytes);
    if (this.#writer.pending > 0) this.#watch(this.#writer.flush());
    if (this.#parts.pending > 0) this.#watch(this.#parts.flush());
  }

  /** Called several times a second: flushes, and keeps what is not durable younger than `syncMs`. */
  tick(syncMs: number): void {
    if (this.#failure !== undefined) return;
    this.flush();
    this.#session.reserve.ensure(this.#pipeline.tally.counts.frames);
    const syncing = this.#session.sync.tick(syncMs);
    if (syncing !== undefined) this.#watch(syncing);
  }

  /** Ends the session: the MP4 becomes playable, then everything durable, then the manifest says so. Never rejects. */
  async finish(reason: EndReason): Promise<FinishedSession> {
    const finished = await endSession(this.#session, reason, this.#failure);
    this.#session.reserve.giveBack();
    this.#resolveFinished(finished);
    return finished;
  }

  #watch(writing: Promise<void>): void {
    writing.catch((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#onFailure(diskFailure(error), error);
  }
}
