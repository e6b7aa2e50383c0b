/** Decides at which pictures a new description begins, and which parameter sets stay in the samples instead. */
import type { ParameterSetLists } from './avc-configuration.js';
import type { VideoDescription } from './coded-picture.js';
import type { ParameterSets } from './parameter-sets.js';
import type { SequenceParameterSet } from './sps.js';
import { describeVideo } from './video-description.js';

export interface PictureSets {
  /** Set where a new description begins. */
  readonly newDescription: VideoDescription | undefined;
  /** Changed parameter sets that no description holds: they go in front of the picture. */
  readonly inBand: readonly Uint8Array[];
}

export class DescriptionTracker {
  readonly #sets: ParameterSets;
  #running: { avcC: Uint8Array; version: number; activeSpsId: number } | undefined;
  #usedInherited = false;

  constructor(sets: ParameterSets) {
    this.#sets = sets;
  }

  /** Whether any description so far was made while inherited sets were in force. */
  get usedInherited(): boolean {
    return this.#usedInherited;
  }

  /** Call once for each picture that can be described, in decoding order. */
  next(active: SequenceParameterSet, idr: boolean): PictureSets {
    const description = this.#newDescription(active, idr);
    return {
      newDescription: description?.video,
      inBand: this.#sets.takeUnsent(description?.sets),
    };
  }

  /** The picture that `next` was last asked for is lost: the next one brings everything again. */
  forget(): void {
    this.#running = undefined;
  }

  #newDescription(
    active: SequenceParameterSet,
    idr: boolean,
  ): { video: VideoDescription; sets: ParameterSetLists } | undefined {
    const running = this.#running;
    const { version } = this.#sets;
    if (running !== undefined) {
      if (!idr) return undefined;
      if (running.version === version && running.activeSpsId === active.id) return undefined;
    }
    const sets = this.#sets.describable(active.id);
    const video = describeVideo(sets, active);
    this.#running = { avcC: video.avcC, version, activeSpsId: active.id };
    if (running !== undefined && Buffer.compare(running.avcC, video.avcC) === 0) return undefined;
    this.#usedInherited ||= this.#sets.anyInherited;
    return { video, sets };
  }
}
