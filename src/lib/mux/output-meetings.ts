/**
 * Outputs of one run that meet: `film.h264` and `film.264` both become `film.mp4`. One would replace the other, so
 * neither is made.
 */
import { basename, dirname, join, parse } from 'node:path';
import { CamrecError } from '../base/errors.js';
import { realPath } from '../base/real-path.js';
import { partFile } from '../storage/session-files.js';
import type { Target } from './find-targets.js';

/** Where the MP4 of a raw file goes unless another place is asked for: beside it, by its name. */
export function mp4Beside(path: string): string {
  const { dir, name } = parse(path);
  return join(dir, `${name}.mp4`);
}

/** Whose MP4 goes where, by the first file of it; made of those that have one. */
export type PlannedOutputs = ReadonlyMap<string, readonly string[]>;

/** Plans the outputs of these where each goes beside its stream. */
export async function plannedOutputs(targets: readonly Target[]): Promise<PlannedOutputs> {
  const planned = new Map<string, string[]>();
  for (const target of targets) {
    if (target.kind === 'error') continue;
    const output = await withoutLinks(plannedOutput(target));
    planned.set(output, [...(planned.get(output) ?? []), target.path]);
  }
  return planned;
}

function plannedOutput({ kind, path }: Target): string {
  return kind === 'directory' ? join(path, partFile(1)) : mp4Beside(path);
}

/** The targets, with an error in place of each whose output is that of another. */
export async function refuseMeetings(
  targets: readonly Target[],
  planned: PlannedOutputs,
): Promise<Target[]> {
  const refused = async (target: Target): Promise<Target> => {
    if (target.kind === 'error') return target;
    const { path } = target;
    const output = plannedOutput(target);
    const owners = planned.get(await withoutLinks(output)) ?? [];
    const other = owners.find((owner) => owner !== path);
    return other === undefined ? target : { kind: 'error', path, error: meeting(output, other) };
  };
  return Promise.all(targets.map(refused));
}

/** Refuses a later part at a place where another's MP4 goes. Throws OUTPUT_UNUSABLE. */
export async function refusePlanned(part: string, planned: PlannedOutputs): Promise<void> {
  const [owner] = planned.get(await withoutLinks(part)) ?? [];
  if (owner !== undefined) throw meeting(part, owner);
}

function meeting(output: string, other: string): CamrecError {
  return new CamrecError('OUTPUT_UNUSABLE', `${output} would be the MP4 of ${other} as well`, {
    hint: 'Mux them one at a time, each with an --output of its own.',
  });
}

/** The same for every way that leads to the directory. */
async function withoutLinks(path: string): Promise<string> {
  return join(await realPath(dirname(path)), basename(path));
}
