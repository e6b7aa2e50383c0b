/**
 * Makes a manifest again where the one on disk is missing or cut off: from what is left of it, and for the rest from
 * the directory's name and the index.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { realPath } from '../base/real-path.js';
import { startManifest } from '../recording/session-manifest.js';
import type { Disk } from '../storage/disk.js';
import { readFrameIndex } from '../storage/frame-index-reader.js';
import { type Manifest, parseManifest } from '../storage/manifest.js';
import { INDEX_FILE, MANIFEST_FILE, NEW_SUFFIX } from '../storage/session-files.js';
import { readDirectoryName } from './session-condition.js';

/** Longest text that is looked at. */
const MAX_SALVAGED_CHARS = 1024 * 1024;

/** `fallbackStartMs` is used where neither the remains nor the directory's name tell when the session began. */
export async function salvageManifest(
  disk: Disk,
  directory: string,
  version: string,
  fallbackStartMs: number,
): Promise<Manifest> {
  const real = await realPath(directory);
  const { client, startedAtMs: namedMs } = readDirectoryName(real);
  const startedAtMs = inRecordersZone(namedMs, await firstArrival(disk, directory));
  let manifest = startManifest({
    id: basename(real),
    device: { id: client, name: client, model: null, address: '', directoryName: client },
    order: { captureId: null, label: null, request: null },
    version,
    startedAtMs: Number.isNaN(startedAtMs) ? fallbackStartMs : startedAtMs,
    inheritedParameterSets: [],
  });
  // A crash in the middle of replacing the manifest leaves the new one beside the old one.
  for (const name of [MANIFEST_FILE, `${MANIFEST_FILE}${NEW_SUFFIX}`]) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => '');
    for (const [field, value] of Object.entries(salvageJson(text))) {
      const { schemaVersion, id, state } = manifest;
      const candidate = { ...manifest, [field]: value, schemaVersion, id, state };
      const parsed = parseManifest(JSON.stringify(candidate));
      if (parsed.ok) manifest = parsed.manifest;
    }
  }
  return manifest;
}

/** Offsets of time zones from UTC are whole multiples of this. */
const ZONE_STEP_MS = 15 * 60_000;

/** Between the zones that are furthest apart, UTC−12 and UTC+14. */
const MAX_ZONE_DIFFERENCE_MS = 26 * 3_600_000;

/** The first packet arrives so near to the beginning; the camera may send some before it says that it films. */
const MAX_FIRST_ARRIVAL_MS = 2 * 60_000;

/**
 * When a session began, milliseconds since the epoch. Its directory's name tells it in the local time of the recorder,
 * which is another's where the directory has been moved, or where the clocks have been put back for the winter since;
 * the arrival of the first packet is near it, and by no zone. `namedMs`: the name as local time here.
 */
function inRecordersZone(namedMs: number, arrivalMs: number | undefined): number {
  if (arrivalMs === undefined) return namedMs;
  const zoneMs = Math.round((arrivalMs - namedMs) / ZONE_STEP_MS) * ZONE_STEP_MS;
  const startMs = namedMs + zoneMs;
  // What no zone explains: somebody has renamed the directory, or the row is damaged.
  if (Math.abs(zoneMs) > MAX_ZONE_DIFFERENCE_MS) return namedMs;
  return Math.abs(arrivalMs - startMs) <= MAX_FIRST_ARRIVAL_MS ? startMs : namedMs;
}

/** When the first packet in the index arrived, milliseconds since the epoch; nothing where no index tells. */
async function firstArrival(disk: Disk, directory: string): Promise<number | undefined> {
  try {
    for await (const item of readFrameIndex(disk, join(directory, INDEX_FILE))) {
      return item.kind === 'rows' ? item.rows[0]?.arrivalMs : undefined;
    }
  } catch {
    // It may be missing, or the disk may not give it; the name is all there is then.
  }
  return undefined;
}

/** The fields of a JSON object as far as its text goes: values that are cut off are left out. */
export function salvageJson(text: string): Record<string, unknown> {
  const whole = wholePart(text.slice(0, MAX_SALVAGED_CHARS));
  try {
    const json: unknown = JSON.parse(whole);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  } catch {
    // Not the beginning of JSON.
  }
  return {};
}

/** The text up to the last value that is whole, with every bracket closed that is open there. */
function wholePart(text: string): string {
  const open: string[] = [];
  let end = 0;
  let openAtEnd: string[] = [];
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i += 1;
      else if (char === '"') inString = false;
      continue;
    }
    if (char === '"') inString = true;
    else if (char === '{') open.push('}');
    else if (char === '[') open.push(']');
    else if (char === '}' || char === ']') open.pop();
    if (char === '}' || char === ']') end = i + 1;
    else if (char === ',') end = i;
    else continue;
    openAtEnd = [...open];
  }
  return text.slice(0, end) + openAtEnd.reverse().join('');
}
