/**
 * Records one session: every packet into the raw stream and its index, every picture into the MP4 that grows beside
 * them, and at the end the manifest that says what all of it is worth.
 */
import { basename, join } from 'node:path';
import { CamrecError, errorMessage } from '../base/errors.js';
import type { CodedPicture } from '../h264/coded-picture.js';
import { joinAnnexB } from '../h264/nal-units.js';
import { AppendFile } from '../storage/append-file.js';
import type { Disk } from '../storage/disk.js';
import {
  RESERVE_BYTES,
  RESERVE_BYTES_PER_PICTURE,
  RESERVE_QUEUE_BYTES,
  type Reserve,
} from '../storage/disk-reserve.js';
import { type Manifest, writeManifest } from '../storage/manifest.js';
import { reservedDisk } from '../storage/reserved-disk.js';
import { createSessionDirectory } from '../storage/session-directory.js';
import { partFile, RAW_FILE, THUMBNAIL_FILE } from '../storage/session-files.js';
import { SessionWriter } from '../storage/session-writer.js';
import { Overload } from './overload.js';
import { PacketPipeline } from './packet-pipeline.js';
import type { ReceivedPacket } from './received-packet.js';
import { type CountedSession, sessionCounts, writtenCounts } from './session-counts.js';
import type {
  EndReason,
  FinishedSession,
  RecordingContext,
  SessionDevice,
  SessionOrder,
  SessionProgress,
} from './session-info.js';
import { endManifest, isDiskFull, type SessionOutcome, startManifest } from './session-manifest.js';
import { settleWithin } from './settle.js';

/** Parts of the MP4 of one session: each keeps a file open. */
export const MAX_PARTS = 1_000;

/** Longest wait for the thumbnail at the end of a session. */
const THUMBNAIL_WAIT_MS = 5_000;

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
  readonly #options: SessionRecorderOptions;
  readonly #disk: Disk;
  readonly #reserve: Reserve | undefined;
  readonly #directory: Promise<string>;
  readonly #writer: SessionWriter;
  readonly #pipeline: PacketPipeline;
  readonly #parts: AppendFile[] = [];
  readonly #startedAtMs: number;
  readonly #startedMonotonicMs: number;
  #resolveFinished: (session: FinishedSession) => void = () => {};
  #id: string | undefined;
  #lastSequence: number | undefined;
  #rejected = 0;
  readonly #overload: Overload;
  #mostQueuedBytes = 0;
  readonly #interruptions = { count: 0, totalMs: 0 };
  #onFailure: SessionRecorderOptions['onFailure'];
  #thumbnail: Promise<boolean> | undefined;
  #failure: unknown;
  /** The disk turned out to be full, and room was made to finish. */
  #isFull = false;
  #syncing = false;
  #namesAreDurable = false;
  #syncedMonotonicMs: number;

  constructor(options: SessionRecorderOptions) {
    const { context, device } = options;
    this.#options = options;
    this.order = options.order;
    this.#onFailure = options.onFailure;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    this.#startedAtMs = context.clock.now();
    this.#startedMonotonicMs = context.clock.monotonic();
    this.#syncedMonotonicMs = this.#startedMonotonicMs;
    this.#overload = new Overload(context.maxPendingBytes);
    this.#reserve = context.reserves?.take();
    this.#disk = reservedDisk(context.disk, (error) => this.#makeRoom(error));
    const id = createSessionDirectory(
      this.#disk,
      context.directory,
      device.directoryName,
      this.#startedAtMs,
    );
    this.#directory = id.then((name) => join(context.directory, name));
    this.#writer = new SessionWriter(this.#disk, this.#directory);
    this.#pipeline = new PacketPipeline({
      startedAtMs: this.#startedAtMs,
      openPart: (partNumber) => this.#openPart(partNumber),
      inheritedParameterSets: options.inheritedParameterSets,
      onPicture: (picture) => this.#makeThumbnail(picture),
    });
    this.opened = id.then((name) => this.#open(name));
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
    return this.#parts.reduce((sum, part) => sum + part.pending, this.#writer.pending);
  }

  /** Whether what was written is being made durable. */
  get isSyncing(): boolean {
    return this.#syncing;
  }

  /** Whether packets are dropped now because the disk is too slow. */
  get isOverloaded(): boolean {
    return this.#overload.isOverloaded;
  }

  get progress(): SessionProgress {
    const { frames, bytes } = this.#pipeline.tally.counts;
    const { lost } = this.#pipeline.sequence.counts;
    const { dropped } = this.#overload;
    const elapsedMs = this.#options.context.clock.monotonic() - this.#startedMonotonicMs;
    return { frames, bytes, lost, dropped, rejected: this.#rejected, elapsedMs };
  }

  /** What the manifest would say if the session ended now. */
  get manifest(): Manifest {
    const { description, tally } = this.#pipeline;
    const start = this.#startManifest(this.#id ?? '');
    return {
      ...start,
      durationMs: Math.round(this.progress.elapsedMs),
      counts: sessionCounts(this.#counted),
      frameRate: { device: tally.arrivalRate, arrival: tally.arrivalRate },
      video: description === undefined ? null : videoOf(description),
    };
  }

  /** Whether a packet looks like the first of another capture. */
  beginsAnew(packet: ReceivedPacket): boolean {
    return this.#pipeline.sequence.beginsAnew(packet.sequence, packet.kind !== 'delta');
  }

  /** The camera has come back after `awayMs`, on a connection that asks to be told of failures instead of the first. */
  resumed(awayMs: number, onFailure: SessionRecorderOptions['onFailure']): void {
    this.#interruptions.count += 1;
    this.#interruptions.totalMs += Math.round(awayMs);
    this.#onFailure = onFailure;
  }

  countRejected(): void {
    this.#rejected += 1;
  }

  /** Records one packet. Returns at once; the disk is written by `tick` and `finish`. */
  append(packet: ReceivedPacket): void {
    const { sequence, timestampMs, arrivalMs, kind, payload } = packet;
    this.#lastSequence = sequence;
    if (this.#failure !== undefined) {
      this.#overload.drop();
      return;
    }
    if (!this.#overload.admit(kind, this.queuedBytes)) return;
    this.#writer.append(payload, { sequence, timestampMs, arrivalMs, kind });
    this.#pipeline.push(packet);
  }

  /** Hands what is queued to the operating system. Returns at once. */
  flush(): void {
    if (this.#failure !== undefined) return;
    this.#mostQueuedBytes = Math.max(this.#mostQueuedBytes, this.queuedBytes);
    if (this.#writer.pending > 0) this.#watch(this.#writer.flush());
    for (const part of this.#parts) if (part.pending > 0) this.#watch(part.flush());
  }

  /** Called several times a second: flushes, and makes durable once `syncMs` have passed since the last time. */
  tick(syncMs: number): void {
    if (this.#failure !== undefined) return;
    this.flush();
    this.#reserve?.ensure(this.#bytesToFinish);
    const { clock, inSyncTurn } = this.#options.context;
    const nowMs = clock.monotonic();
    if (this.#syncing || nowMs - this.#syncedMonotonicMs < syncMs) return;
    this.#syncedMonotonicMs = nowMs;
    this.#syncing = true;
    const syncing = inSyncTurn(() => this.#sync()).finally(() => {
      this.#syncing = false;
    });
    this.#watch(syncing);
  }

  /** Ends the session: the MP4 becomes playable, then everything durable, then the manifest says so. Never rejects. */
  async finish(reason: EndReason): Promise<FinishedSession> {
    const { clock, inSyncTurn } = this.#options.context;
    const stoppedMs = clock.monotonic();
    const outcome: SessionOutcome = { reason, failure: this.#failure, movie: undefined };
    try {
      outcome.movie = await this.#pipeline.finish();
      await this.#writer.flush();
      outcome.stopToPlayableMs = clock.monotonic() - stoppedMs;
      await inSyncTurn(async () => {
        await this.#writer.sync();
        for (const part of this.#parts) await part.sync();
      });
      outcome.stopToDurableMs = clock.monotonic() - stoppedMs;
    } catch (error) {
      outcome.failure ??= error;
    }
    await Promise.allSettled([this.#writer.close(), ...this.#parts.map((part) => part.close())]);
    outcome.thumbnail = (await settleWithin(clock, THUMBNAIL_WAIT_MS, this.#thumbnail)) ?? false;
    const finished = await this.#conclude(outcome);
    this.#reserve?.giveBack();
    this.#resolveFinished(finished);
    return finished;
  }

  async #open(name: string): Promise<string> {
    const { directory, inSyncTurn } = this.#options.context;
    const manifest = this.#startManifest(name);
    await inSyncTurn(async () => {
      await writeManifest(this.#disk, join(directory, name), manifest);
      await this.#disk.syncDirectory(directory);
    });
    this.#id = name;
    return name;
  }

  async #sync(): Promise<void> {
    await this.#writer.sync();
    const directory = await this.#directory;
    const raw = join(directory, RAW_FILE);
    // An open file can be written to for ever after it was deleted.
    if (this.#writer.rawWritten > 0 && (await this.#disk.fileSize(raw)) === undefined) {
      throw new CamrecError('DIRECTORY_UNUSABLE', `${raw} has vanished`);
    }
    if (this.#namesAreDurable) return;
    // The names of the files, once: their contents are synced by themselves.
    await this.#disk.syncDirectory(directory);
    this.#namesAreDurable = true;
  }

  async #conclude(outcome: SessionOutcome): Promise<FinishedSession> {
    const { logger, directory, clock, inSyncTurn } = this.#options.context;
    let id = '';
    try {
      id = basename(await this.#directory);
      await this.opened;
    } catch (error) {
      outcome.failure ??= error;
    }
    const manifest = endManifest(this.#startManifest(id), {
      outcome,
      counts:
        outcome.failure === undefined
          ? sessionCounts(this.#counted)
          : writtenCounts(sessionCounts(this.#counted), this.#writer),
      arrivalRate: this.#pipeline.tally.arrivalRate,
      checksums: this.#writer.checksums(),
      usesInheritedSets: this.#pipeline.usedInheritedParameterSets,
      endedAtMs: clock.now(),
      interruptions: this.#interruptions,
    });
    if (id === '') return { directory: '', manifest };
    const path = join(directory, id);
    try {
      await inSyncTurn(() => writeManifest(this.#disk, path, manifest));
    } catch (error) {
      // The manifest on disk still says `recording`: the next start finds the session and recovers it.
      logger.error({ session: id, error: errorMessage(error) }, `manifest of ${id} not written`);
      const reason = isDiskFull(error) ? 'disk-full' : 'disk-error';
      const reasonText = errorMessage(error);
      return { directory: path, manifest: { ...manifest, state: 'failed', reason, reasonText } };
    }
    return { directory: path, manifest };
  }

  /** Room in which the session can be finished when the disk is full: what may wait for the disk then, and the tables. */
  get #bytesToFinish(): number {
    const tableBytes = RESERVE_BYTES_PER_PICTURE * this.#pipeline.tally.counts.frames;
    return RESERVE_BYTES + Math.max(0, this.#mostQueuedBytes - RESERVE_QUEUE_BYTES) + tableBytes;
  }

  get #counted(): CountedSession {
    return {
      tally: this.#pipeline.tally.counts,
      sequence: this.#pipeline.sequence.counts,
      rejected: this.#rejected,
      dropped: this.#overload.dropped,
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
    const part = new AppendFile(async () =>
      this.#disk.open(join(await this.#directory, partFile(partNumber)), 'create'),
    );
    this.#parts.push(part);
    if (this.#parts.length === MAX_PARTS) {
      // Not now: this part's first picture is on its way into it.
      queueMicrotask(() => this.#onFailure('too-many-parts', undefined));
    }
    return part;
  }

  /** The thumbnail is made from the first key picture as it stands in memory, while the session goes on. */
  #makeThumbnail({ key, nalUnits }: CodedPicture<unknown>): void {
    if (!key || this.#thumbnail !== undefined) return;
    const { makeThumbnail } = this.#options.context;
    const picture = joinAnnexB([...this.#pipeline.parameterSets, ...nalUnits]);
    this.#thumbnail = this.#directory.then((directory) =>
      makeThumbnail(picture, join(directory, THUMBNAIL_FILE)),
    );
    this.#thumbnail.catch(() => {});
  }

  #watch(writing: Promise<void>): void {
    writing.catch((error) => this.#fail(error));
  }

  /** The disk is full: the session ends, and what was kept back for it serves to finish it. */
  async #makeRoom(error: unknown): Promise<boolean> {
    const { logger } = this.#options.context;
    if (!this.#isFull) {
      this.#isFull = true;
      const fields = { event: 'disk.full', session: this.#id, reserve: this.#reserve?.bytes ?? 0 };
      logger.error(fields, `the disk is full: finishing ${this.#id ?? 'the session'}`);
      this.#onFailure('disk-full', error);
    }
    return (await this.#reserve?.release()) ?? false;
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#onFailure(isDiskFull(error) ? 'disk-full' : 'disk-error', error);
  }
}

function videoOf({ codec, width, height }: NonNullable<Manifest['video']>): Manifest['video'] {
  return { codec, width, height };
}
