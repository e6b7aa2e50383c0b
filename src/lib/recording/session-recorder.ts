/**
 * Records one session: every packet into the raw stream and its index, every picture into the MP4 that grows beside
 * them, and at the end the manifest that says what all of it is worth.
 */
import { join } from 'node:path';
import { errorMessage } from '../base/errors.js';
import { joinAnnexB } from '../h264/nal-units.js';
import { type AssemblerOutput, PictureAssembler } from '../h264/picture-assembler.js';
import { MovieWriter } from '../mp4/movie-writer.js';
import { AppendFile } from '../storage/append-file.js';
import { type Manifest, writeManifest } from '../storage/manifest.js';
import { createSessionDirectory } from '../storage/session-directory.js';
import { partFile, THUMBNAIL_FILE } from '../storage/session-files.js';
import { SessionTally } from '../storage/session-tally.js';
import { SessionWriter } from '../storage/session-writer.js';
import { SequenceTracker } from '../wire/sequence-tracker.js';
import type { ReceivedPacket } from './received-packet.js';
import type {
  EndReason,
  FinishedSession,
  RecordingContext,
  SessionDevice,
  SessionOrder,
  SessionProgress,
} from './session-info.js';
import {
  endManifest,
  isDiskFull,
  type SessionOutcome,
  type SessionResults,
  startManifest,
} from './session-manifest.js';
import { settleWithin } from './settle.js';

/** Bytes that may wait for the disk, per session; what comes beyond them is dropped and counted. */
export const MAX_PENDING_BYTES = 16 * 1024 * 1024;

/** A camera that began to count anew is told from one that repeats its first packets by having counted this far. */
const MIN_COUNTED_BEFORE_RESTART = 3;

/** Longest wait for the thumbnail at the end of a session. */
const THUMBNAIL_WAIT_MS = 5_000;

/** The packet that a picture came in, as far as the MP4 needs it. */
interface PictureTimes {
  readonly timestampMs: number;
  readonly arrivalMs: number;
}

export interface SessionRecorderOptions {
  readonly context: RecordingContext;
  readonly device: SessionDevice;
  readonly order: SessionOrder;
  /** Parameter sets that the device sent in an earlier session, used until it sends its own. */
  readonly inheritedParameterSets: readonly Uint8Array[];
  /** The disk has failed: the session should be ended with this reason. */
  readonly onFailure: (reason: EndReason, error: unknown) => void;
}

export class SessionRecorder {
  /** Resolves with the session's id when its directory and first manifest are there. */
  readonly opened: Promise<string>;
  readonly #options: SessionRecorderOptions;
  readonly #directory: Promise<string>;
  readonly #writer: SessionWriter;
  readonly #assembler: PictureAssembler<PictureTimes>;
  readonly #movie: MovieWriter;
  readonly #parts: AppendFile[] = [];
  readonly #tracker = new SequenceTracker();
  readonly #tally = new SessionTally();
  readonly #startedAtMs: number;
  readonly #startedMonotonicMs: number;
  #thumbnail: Promise<boolean> | undefined;
  #lastSequence: number | undefined;
  #failure: unknown;
  #syncing: Promise<void> | undefined;
  #syncedMonotonicMs: number;

  constructor(options: SessionRecorderOptions) {
    const { context, device } = options;
    this.#options = options;
    this.#startedAtMs = context.clock.now();
    this.#startedMonotonicMs = context.clock.monotonic();
    this.#syncedMonotonicMs = this.#startedMonotonicMs;
    const id = createSessionDirectory(
      context.disk,
      context.directory,
      device.directoryName,
      this.#startedAtMs,
    );
    this.#directory = id.then((name) => join(context.directory, name));
    this.#writer = new SessionWriter(context.disk, this.#directory);
    this.#assembler = new PictureAssembler({
      inheritedParameterSets: options.inheritedParameterSets,
    });
    this.#movie = new MovieWriter({
      creationTimeMs: this.#startedAtMs,
      openPart: (partNumber) => this.#openPart(partNumber),
    });
    this.opened = id.then(async (name) => {
      await writeManifest(context.disk, join(context.directory, name), this.#startManifest(name));
      return name;
    });
    this.opened.catch((error) => this.#fail(error));
  }

  get isEmpty(): boolean {
    return this.#tally.counts.packets === 0;
  }

  /** The last sequence number that was recorded. */
  get lastSequence(): number | undefined {
    return this.#lastSequence;
  }

  /** Parameter sets in force at the end: what a later session of the device may inherit. */
  get parameterSets(): readonly Uint8Array[] {
    return this.#assembler.parameterSetsInForce;
  }

  /** Bytes held in memory for this session. */
  get pendingBytes(): number {
    return this.#writer.pending + this.#movie.pendingBytes;
  }

  get progress(): SessionProgress {
    const { frames, bytes, rejected } = this.#tally.counts;
    const elapsedMs = this.#options.context.clock.monotonic() - this.#startedMonotonicMs;
    return { frames, bytes, lost: this.#tracker.counts.lost, rejected, elapsedMs };
  }

  /** Whether this packet looks like the first of another capture: the sequence begins again at 0. */
  beginsAnew(packet: ReceivedPacket): boolean {
    const { expected } = this.#tracker;
    return (
      packet.sequence === 0 && expected !== undefined && expected >= MIN_COUNTED_BEFORE_RESTART
    );
  }

  countRejected(): void {
    this.#tally.counts.rejected += 1;
  }

  /** Packets after which the camera counts anew although no new capture was announced. */
  sequenceRestarts(packets: readonly ReceivedPacket[]): void {
    const [first] = packets;
    if (first === undefined) return;
    this.#tracker.restart(first.sequence);
    this.#record(first);
    for (const packet of packets.slice(1)) this.append(packet);
  }

  /** Records one packet. Returns at once; the disk is written by `tick` and `finish`. */
  append(packet: ReceivedPacket): void {
    this.#tracker.track(packet.sequence);
    this.#record(packet);
  }

  #record(packet: ReceivedPacket): void {
    this.#lastSequence = packet.sequence;
    if (this.#failure !== undefined || this.pendingBytes > MAX_PENDING_BYTES) {
      this.#tally.counts.dropped += 1;
      return;
    }
    const { sequence, timestampMs, arrivalMs, kind } = packet;
    this.#writer.append(packet.payload, { sequence, timestampMs, arrivalMs, kind });
    this.#tally.packet({ kind, arrivalMs, size: packet.payload.length });
    this.#pictures(this.#assembler.push({ nalUnits: packet.nalUnits }, { timestampMs, arrivalMs }));
  }

  /**
   * Called several times a second: hands what is queued to the operating system, and to the disk itself once
   * `syncMs` have passed since the last time.
   */
  tick(syncMs: number): void {
    if (this.#failure !== undefined) return;
    const nowMs = this.#options.context.clock.monotonic();
    if (nowMs - this.#syncedMonotonicMs >= syncMs && this.#syncing === undefined) {
      this.#syncedMonotonicMs = nowMs;
      this.#syncing = this.#writer.sync().finally(() => {
        this.#syncing = undefined;
      });
      this.#syncing.catch((error) => this.#fail(error));
    } else if (this.#writer.pending > 0) this.#writer.flush().catch((error) => this.#fail(error));
    for (const part of this.#parts) {
      if (part.pending > 0) part.flush().catch((error) => this.#fail(error));
    }
  }

  /** Ends the session: the MP4 becomes playable, then everything durable, then the manifest says so. Never rejects. */
  async finish(reason: EndReason): Promise<FinishedSession> {
    const { clock } = this.#options.context;
    const stoppedMs = clock.monotonic();
    this.#pictures(this.#assembler.flush());
    const outcome: SessionOutcome = { reason, failure: this.#failure, movie: undefined };
    try {
      outcome.movie = await this.#movie.finish();
      await this.#writer.flush();
      outcome.stopToPlayableMs = clock.monotonic() - stoppedMs;
      await this.#writer.sync();
      for (const part of this.#parts) await part.sync();
      outcome.stopToDurableMs = clock.monotonic() - stoppedMs;
    } catch (error) {
      outcome.failure ??= error;
    }
    await Promise.allSettled([this.#writer.close(), ...this.#parts.map((part) => part.close())]);
    outcome.thumbnail = (await settleWithin(clock, THUMBNAIL_WAIT_MS, this.#thumbnail)) ?? false;
    return this.#conclude(outcome);
  }

  async #conclude(outcome: SessionOutcome): Promise<FinishedSession> {
    const { disk, logger, directory } = this.#options.context;
    let id = '';
    try {
      id = await this.opened;
    } catch (error) {
      outcome.failure ??= error;
    }
    const manifest = endManifest(this.#startManifest(id), this.#results(), outcome);
    if (id === '') return { directory: '', manifest };
    const path = join(directory, id);
    try {
      await writeManifest(disk, path, manifest);
    } catch (error) {
      // The manifest on disk still says `recording`: the next start finds the session and recovers it.
      logger.error({ session: id, error: errorMessage(error) }, `manifest of ${id} not written`);
      return { directory: path, manifest: { ...manifest, state: 'failed', reason: 'disk-error' } };
    }
    return { directory: path, manifest };
  }

  #results(): SessionResults {
    const { lost, duplicates, late, restarts } = this.#tracker.counts;
    return {
      tally: this.#tally,
      sequence: { lost, duplicates, late, sequenceRestarts: restarts },
      checksums: this.#writer.checksums(),
      usesInheritedSets: this.#assembler.usedInheritedParameterSets,
      endedAtMs: this.#options.context.clock.now(),
    };
  }

  #startManifest(id: string): Manifest {
    const { context, device, order, inheritedParameterSets } = this.#options;
    return startManifest({
      id,
      device,
      order,
      version: context.version,
      startedAtMs: this.#startedAtMs,
      inheritedParameterSets,
    });
  }

  #openPart(partNumber: number): AppendFile {
    const { disk } = this.#options.context;
    const part = new AppendFile(async () =>
      disk.open(join(await this.#directory, partFile(partNumber)), 'create'),
    );
    this.#parts.push(part);
    return part;
  }

  #pictures(outputs: readonly AssemblerOutput<PictureTimes>[]): void {
    for (const output of outputs) {
      switch (output.type) {
        case 'picture': {
          const { picture } = output;
          this.#tally.picture('recorded', picture.key);
          this.#movie.add(picture, picture.tag.timestampMs, picture.tag.arrivalMs);
          if (picture.key) this.#makeThumbnail(picture.nalUnits);
          break;
        }
        case 'undecodable':
          this.#tally.picture('undecodable', output.key);
          break;
        case 'unsupported':
          this.#tally.picture('unsupported', output.key);
          break;
      }
    }
  }

  /** The thumbnail is made from the first key picture as it stands in memory, while the session goes on. */
  #makeThumbnail(nalUnits: readonly Uint8Array[]): void {
    if (this.#thumbnail !== undefined) return;
    const picture = joinAnnexB([...this.#assembler.parameterSetsInForce, ...nalUnits]);
    this.#thumbnail = this.#directory.then((directory) =>
      this.#options.context.makeThumbnail(picture, join(directory, THUMBNAIL_FILE)),
    );
    this.#thumbnail.catch(() => {});
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#options.onFailure(isDiskFull(error) ? 'disk-full' : 'disk-error', error);
  }
}
