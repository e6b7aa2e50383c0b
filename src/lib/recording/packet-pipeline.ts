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

/** What the pipeline needs of a packet's row of the index. */
export type PacketRow = Pick<IndexRow, 'sequence' | 'timestampMs' | 'arrivalMs' | 'kind' | 'size'>;

/** What it needs of the packet's payload. */
export interface PacketContents {
  readonly nalUnits: readonly Uint8Array[];
  /** What `splitNalUnits` says of a payload that goes on with the last NAL unit of the one before. */
  readonly continued?: Uint8Array;
  readonly trailingZeros?: number;
}

export interface PacketPipelineOptions {
  /** Opens the empty file of a part of the MP4; parts count from 1. */
  readonly openPart: (partNumber: number) => ByteSink;
  /** Wall clock at the beginning of the session, milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Parameter sets of an earlier session, used until the stream brings its own. */
  readonly inheritedParameterSets: readonly Uint8Array[];
  /** As `MovieWriter` takes it. */
  readonly spentMemory?: ArrayBufferLike | undefined;
  /** Called for each picture that goes into the MP4. */
  readonly onPicture?: (picture: CodedPicture<PacketRow>) => void;
}

export class PacketPipeline {
  readonly tally = new SessionTally();
  readonly sequence = new SequenceTracker();
  readonly #assembler: PictureAssembler<PacketRow>;
  readonly #movie: MovieWriter;
  readonly #onPicture: (picture: CodedPicture<PacketRow>) => void;
  #description: VideoDescription | undefined;
  /** The packet before: its number and time, NaN where there is none, and the zeros at its end. */
  #sequenceBefore = Number.NaN;
  #timestampMsBefore = Number.NaN;
  #zerosBefore = 0;

  constructor(options: PacketPipelineOptions) {
    const { inheritedParameterSets, openPart, startedAtMs, spentMemory } = options;
    this.#assembler = new PictureAssembler({ inheritedParameterSets });
    this.#movie = new MovieWriter({ creationTimeMs: startedAtMs, openPart, spentMemory });
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

  /** Takes one packet, in arrival order. `row` is kept until its picture has come out. Never waits, never throws. */
  push(row: PacketRow, { nalUnits, continued, trailingZeros = 0 }: PacketContents): void {
    const { sequence, timestampMs } = row;
    this.sequence.track(sequence, row.kind !== 'delta');
    this.tally.packet(row);
    if (continued !== undefined && this.#isNextPart(row)) {
      this.#take(this.#assembler.continueLast(this.#zerosBefore, continued, row));
    }
    this.#sequenceBefore = sequence;
    this.#timestampMsBefore = timestampMs;
    this.#zerosBefore = trailingZeros;
    this.#take(this.#assembler.push(nalUnits, row));
  }

  /** Parts of one picture carry one time and follow each other; other bytes without a start code are garbage. */
  #isNextPart({ sequence, timestampMs }: PacketRow): boolean {
    return timestampMs === this.#timestampMsBefore && sequence === (this.#sequenceBefore + 1) >>> 0;
  }

  /** Ends the last picture and makes every part an ordinary MP4. Rejects with the first failure of a part's file. */
  finish(): Promise<MovieSummary> {
    this.#take(this.#assembler.flush());
    return this.#movie.finish();
  }

  #take(outputs: readonly AssemblerOutput<PacketRow>[]): void {
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
