/** From parameter sets to what a player needs to know before the first picture. */
import { buildAvcConfiguration, codecString, type ParameterSetLists } from './avc-configuration.js';
import type { VideoDescription, VideoTiming } from './coded-picture.js';
import { maxReorderPictures } from './decoded-picture-buffer.js';
import type { SequenceParameterSet } from './sps.js';

/** Describes the video that `active` governs; `sets` are the NAL units that its record holds, `active` among them. */
export function describeVideo(
  sets: ParameterSetLists,
  active: SequenceParameterSet,
): VideoDescription {
  return {
    width: active.width,
    height: active.height,
    sampleAspectRatio: active.vui?.sampleAspectRatio,
    colour: active.vui?.colour,
    codec: codecString(active),
    avcC: buildAvcConfiguration(sets, active),
    ...describeTiming(active),
  };
}

/** What `active` alone tells, of pictures that nothing else is to be known of. */
export function describeTiming(active: SequenceParameterSet): VideoTiming {
  return {
    maxReorderPictures: maxReorderPictures(active),
    frameRate: frameRate(active),
    mayHaveFieldPictures: !active.frameMacroblocksOnly,
  };
}

/** A tick is a field, so a picture lasts two ticks (E.2.1). */
function frameRate(sps: SequenceParameterSet): VideoTiming['frameRate'] {
  const timing = sps.vui?.timing;
  if (timing === undefined) return undefined;
  const denominator = timing.numUnitsInTick * 2;
  const divisor = greatestCommonDivisor(timing.timeScale, denominator);
  return { numerator: timing.timeScale / divisor, denominator: denominator / divisor };
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
