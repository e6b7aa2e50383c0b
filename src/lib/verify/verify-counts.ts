/**
 * Whether a manifest says what its session's files hold.
 */
import type { Manifest, ManifestPart } from '../storage/manifest.js';
import { type Check, failed, leftOut, passed } from './verify-types.js';

/** Fields of the manifest that differ from what its files hold, as `counts.frames 10, not 11`. */
function differences(told: unknown, found: unknown, path: string): string[] {
  if (typeof told !== 'object' || told === null || typeof found !== 'object' || found === null) {
    return told === found ? [] : [`${path} ${JSON.stringify(told)}, not ${JSON.stringify(found)}`];
  }
  const names = new Set([...Object.keys(told), ...Object.keys(found)]);
  const [left, right]: Record<string, unknown>[] = [{ ...told }, { ...found }];
  return [...names].flatMap((name) =>
    differences(left?.[name], right?.[name], path === '' ? name : `${path}.${name}`),
  );
}

/** The sequence numbers of the rows, added up again. */
export function checkSequence({ counts }: Manifest, { counts: found }: Manifest): Check {
  const pick = ({ lost, duplicates, late, sequenceRestarts }: Manifest['counts']) => ({
    lost,
    duplicates,
    late,
    sequenceRestarts,
  });
  const wrong = differences(pick(counts), pick(found), '');
  if (wrong.length > 0) return failed('sequence', `the manifest says ${wrong.join('; ')}`);
  const { lost, duplicates, late } = found;
  const others = duplicates + late === 0 ? '' : `, ${duplicates} twice, ${late} late`;
  return passed('sequence', `${found.packets} packets, ${lost} lost${others}`);
}

/**
 * Everything else that the manifest counts. `found`: the same manifest made of the files. The size of an MP4 is that of
 * the version that wrote it.
 */
export function checkCounts(manifest: Manifest, found: Manifest, version: string): Check {
  // What ffmpeg has made is not what the built-in engine makes of the same files.
  const byFfmpeg = manifest.parts.some((part) => part.engine === 'ffmpeg');
  const sameVersion = manifest.writer.version === version;
  const comparable = ({ bytes, ...part }: ManifestPart) =>
    sameVersion ? { ...part, bytes } : part;
  const pick = ({ counts, durationMs, frameRate, video, parts }: Manifest) => ({
    counts,
    frameRate,
    ...(byFfmpeg ? {} : { durationMs, video, parts: parts.map(comparable) }),
  });
  const wrong = differences(pick(manifest), pick(found), '');
  if (wrong.length > 0) return failed('counts', `the manifest says ${wrong.join('; ')}`);
  const { frames, keyFrames, bytes } = found.counts;
  return passed('counts', `${frames} frames, ${keyFrames} of them key pictures, ${bytes} bytes`);
}

/** Whether the files of a session that failed are a reason to, and hold what it counts; why a disk failed they cannot tell. */
export function checkFailed(manifest: Manifest, found: Manifest): Check {
  const { reason } = manifest;
  if (reason === 'disk-full' || reason === 'disk-error' || reason === 'file-limit') {
    return leftOut('counts', 'the disk failed before all was written');
  }
  const pick = ({ state, reason, counts }: Manifest) => ({ state, reason, counts });
  const wrong = differences(pick(manifest), pick(found), '');
  if (wrong.length > 0) return failed('counts', `the manifest says ${wrong.join('; ')}`);
  return passed(
    'counts',
    `${found.counts.packets} packets, ${found.counts.bytes} bytes: ${reason}`,
  );
}
