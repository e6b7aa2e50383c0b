/** Every field of a manifest and every reason stands in docs/files.md, and nothing else does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EndReason } from '../../src/lib/recording/session-info.js';
import type { FailureReason } from '../../src/lib/recording/session-manifest.js';
import { emptyCounts, type Manifest, type ManifestPart } from '../../src/lib/storage/manifest.js';
import { testManifest } from '../support/manifests.js';
import { repositoryRoot } from '../support/tools.js';

const page = readFileSync(join(repositoryRoot, 'docs/files.md'), 'utf8');
const [, section = ''] = page.split(/^## session\.json$/m);
const [manifestPart = ''] = section.split(/^## /m);
const [fieldPart = '', countPart = '', reasonPart = ''] = manifestPart.split(/^`\w+`:$/m);

/** What stands in the first column of a table's rows, each name by itself. */
function firstColumn(table: string): string[] {
  const cells = [...table.matchAll(/^\| (`.+?) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

const part: Required<ManifestPart> = {
  file: 'stream.mp4',
  startMs: 0,
  durationMs: 1,
  frames: 1,
  bytes: 1,
  width: 1,
  height: 1,
  codec: '',
  engine: 'builtin',
};
const recovery: NonNullable<Manifest['recovery']> = {
  recoveredAt: '',
  lostFrames: 0,
  lostMs: 0,
  lostBytes: 0,
  notes: [],
};
const checksum = { bytes: 0, crc32: '00000000' };

/** A manifest that has everything that one can have. */
const whole = testManifest({
  parts: [part],
  recovery,
  checksums: { raw: checksum, index: checksum },
  writer: { ...testManifest().writer, pidNamespace: '' },
});

/** Paths like `device.name` and `parts[].file`, those of what holds others included. */
function paths(value: unknown, at = ''): { path: string; isLeaf: boolean }[] {
  if (Array.isArray(value)) {
    return [{ path: at, isLeaf: true }, ...(value.length > 0 ? paths(value[0], `${at}[]`) : [])];
  }
  if (typeof value !== 'object' || value === null) return [{ path: at, isLeaf: true }];
  const inside = Object.entries(value).flatMap(([name, field]) =>
    paths(field, at === '' ? name : `${at}.${name}`),
  );
  return [{ path: at, isLeaf: false }, ...inside];
}

const listed = (documented: string[], value: unknown) => {
  const all = paths(value);
  const leaves = all.filter(({ isLeaf }) => isLeaf).map(({ path }) => path);
  return {
    undocumented: leaves.filter((path) => !documented.includes(path)),
    unknown: documented.filter((name) => !all.some(({ path }) => path === name)),
  };
};

it('docs/files.md tells of every field of a manifest, and of no other', () => {
  const fields = { ...whole, counts: 0 };
  expect(listed(firstColumn(fieldPart), fields)).toEqual({ undocumented: [], unknown: [] });
});

it('docs/files.md tells of every count, and of no other', () => {
  const counts = emptyCounts();
  expect(listed(firstColumn(countPart), counts)).toEqual({ undocumented: [], unknown: [] });
});

it('docs/files.md tells of every reason, and of no other', () => {
  // The compiler asks for each: a reason that is new has to be added here, and so to the page.
  const reasons: Record<EndReason | FailureReason | 'crashed', true> = {
    stopped: true,
    'stop-unanswered': true,
    restarted: true,
    disconnected: true,
    silent: true,
    shutdown: true,
    'disk-full': true,
    'disk-error': true,
    'disk-low': true,
    'file-limit': true,
    'too-many-parts': true,
    'no-pictures': true,
    'no-parameter-sets': true,
    'unsupported-stream': true,
    crashed: true,
  };
  expect(firstColumn(reasonPart).sort()).toEqual(Object.keys(reasons).sort());
});
