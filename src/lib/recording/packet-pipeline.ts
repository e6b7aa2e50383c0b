/**
 * From packets to an MP4 and to what the manifest says of them. Live recording and rebuilding a session from its
 * files push the same packets through the same pipeline, so both come to the same result.
 */
import type { ByteSink } from '../base/byte-sink.js';
import { SequenceTracker } from '../base/sequence-tracker.js';
import type { CodedPicture, VideoDescription } from '../h264/coded-picture.js';
import { type AssemblerOutput, PictureAssembler } from '../h264/picture-assembler.js';
import { type MovieSummary, MovieWriter } from '../mp4/movie-writer.js';
import type { IndexRow } from '../storage/frame-index.js';
import { SessionTally } from '../storage/session-tally.js';

/** What the pipeline needs of one packet: its row of the index, and its payload split into NAL units. */
export interface PipelinePacket
  extends Pick<IndexRow, 'sequence' | 'timestampMs' | 'arrivalMs' | 'kind' | 'size'> {
  readonly nalUnits: readonly Uint8Array[];
  /** What `splitNalUnits` says of a payload that goes on with the last NAL unit of the one before. */
  readonly continued?: Uint8Array;
  readonly trailingZeros?: number;
}

/** The packet in which a picture's first slice came. */
export type PictureSource = Pick<IndexRow, 'sequence' | 'timestampMs' | 'arrivalMs' | 'kind'>;

export interface PacketPipelineOptions {
  /** Opens the empty file of a part of the MP4; parts count from 1. */
  readonly openPart: (partNumber: number) => ByteSink;
  /** Wall clock at the beginning of the session, milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Parameter sets of an earlier session, used until the stream brings its own. */
  readonly inheritedParameterSets: readonly Uint8Array[];
  /** Called for each picture that goes into the MP4. */
  readonly onPicture?: (picture: CodedPicture<PictureSource>) => void;
}

type PacketBefore = Pick<PipelinePacket, 'sequence' | 'timestampMs' | 'trailingZeros'>;

export class PacketPipeline {
  readonly tally = new SessionTally();
  readonly sequence = new SequenceTracker();
  readonly #assembler: PictureAssembler<PictureSource>;
  readonly #movie: MovieWriter;
  readonly #onPicture: (picture: CodedPicture<PictureSource>) => void;
  #description: VideoDescription | undefined;
  #before: PacketBefore | undefined;

  constructor(options: PacketPipelineOptions) {
    const { inheritedParameterSets, openPart, startedAtMs } = options;
    this.#assembler = new PictureAssembler({ inheritedParameterSets });
    this.#movie = new MovieWriter({ creationTimeMs: startedAtMs, openPart });
    this.#onPicture = options.onPicture ?? (() => {});
  }

  /** Of the first part; absent until the stream has described itself. */
  get description(): VideoDescription | undefined {
    return this.#description;
  }

  /** Parameter sets in force. Copies: they pin no packet. */
  get parameterSets(): readonly Uint8Array[] {
    return this.#assembler.parameterSetsInForce;
  }

  get usedInheritedParameterSets(): boolean {
    return this.#assembler.usedInheritedParameterSets;
  }

  /** Bytes of pictures that wait for their fragment. */
  get pendingBytes(): number {
    return this.#movie.pendingBytes;
  }

  /** Takes one packet, in arrival order. Never waits, never throws. */
  push(packet: PipelinePacket): void {
    const { sequence, timestampMs, arrivalMs, kind } = packet;
    this.sequence.track(sequence, kind !== 'delta');
    this.tally.packet(packet);
    const source = { sequence, timestampMs, arrivalMs, kind };
    const { continued, trailingZeros = 0 } = packet;
    if (continued !== undefined && isNextPart(this.#before, packet)) {
      this.#take(this.#assembler.continueLast(this.#before?.trailingZeros ?? 0, continued, source));
    }
    this.#before = { sequence, timestampMs, trailingZeros };
    this.#take(this.#assembler.push({ nalUnits: packet.nalUnits }, source));
  }

  /** Ends the last picture and makes every part an ordinary MP4. Rejects with the first failure of a part's file. */
  finish(): Promise<MovieSummary> {
    this.#take(this.#assembler.flush());
    return this.#movie.finish();
  }

  #take(outputs: readonly AssemblerOutput<PictureSource>[]): void {
    for (const output of outputs) {
      switch (output.type) {
        case 'picture': {
          const { picture } = output;
          this.#description ??= picture.newDescription;
          this.tally.picture('recorded', picture.key);
          this.#movie.add(picture, picture.tag.timestampMs, picture.tag.arrivalMs);
          this.#onPicture(picture);
          break;
        }
        case 'undecodable':
          this.tally.picture('undecodable', output.tag.kind === 'key');
          break;
        case 'unsupported':
          this.tally.picture('unsupported', output.tag.kind === 'key');
          break;
      }
    }
  }
}

/** Parts of one picture carry one time and follow each other; other bytes without a start code are garbage. */
function isNextPart(before: PacketBefore | undefined, packet: PipelinePacket): boolean {
  if (before === undefined || packet.timestampMs !== before.timestampMs) return false;
  return packet.sequence === (before.sequence + 1) >>> 0;
}
