import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { parseManifest, readManifest, writeManifest } from '../../src/lib/storage/manifest.js';
import { testManifest } from '../support/manifests.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('is read back as it was written, and is readable by people', async () => {
  const directory = await temporaryDirectory();
  await writeManifest(systemDisk, directory, testManifest());
  expect(await readManifest(systemDisk, directory)).toEqual(testManifest());
  expect(await readFile(join(directory, 'session.json'), 'utf8')).toContain('\n  "state": "comp');
});

it('refuses what is cut short, wherever it is cut', () => {
  const text = JSON.stringify(testManifest());
  for (let end = 0; end < text.length; end += 1) {
    expect(parseManifest(text.slice(0, end)).ok).toBe(false);
  }
});

it.each([
  ['schemaVersion', { ...testManifest(), schemaVersion: 2 }],
  ['state', { ...testManifest(), state: 'done' }],
  ['counts.frames', { ...testManifest(), counts: { ...testManifest().counts, frames: -1 } }],
  ['counts.bytes', { ...testManifest(), counts: { ...testManifest().counts, bytes: 1.5 } }],
  ['device', { ...testManifest(), device: null }],
  ['parts', { ...testManifest(), parts: {} }],
])('names what is wrong: %s', (path, manifest) => {
  const parsed = parseManifest(JSON.stringify(manifest));
  expect(parsed).toMatchObject({ ok: false, reason: expect.stringMatching(`^${path}`) });
});

it('takes fields that a later version adds', () => {
  const text = JSON.stringify({ ...testManifest(), mood: 'sunny' });
  expect(parseManifest(text).ok).toBe(true);
});

it('never throws, whatever stands in it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseManifest(text).ok).toBe(false);
    }),
  );
});

it('is a damaged one when the file is', async () => {
  const directory = await temporaryDirectory();
  await expect(readManifest(systemDisk, directory)).rejects.toMatchObject({ code: 'ENOENT' });
  const endless = JSON.stringify(testManifest()).padEnd(5 * 1024 * 1024);
  for (const [contents, reason] of [
    ['', 'not JSON'],
    ['{', 'not JSON'],
    [endless, 'larger than 4194304 bytes'],
  ] as const) {
    await writeFile(join(directory, 'session.json'), contents);
    await expect(readManifest(systemDisk, directory)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining(`session.json is damaged: ${reason}`),
      hint: expect.stringContaining('camrec mux'),
    });
  }
});
