/**
 * Recovery where the manifest is damaged: what it still tells, and what the name of the directory does.
 */
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { salvageJson } from '../../src/lib/mux/salvage-manifest.js';
import { directoryTimestamp } from '../../src/lib/storage/session-directory.js';
import { crashedSession, linkTo, rowsIn } from '../support/crashed-session.js';
import {
  crashed,
  failedChecks,
  filesOf,
  manifestIn,
  muxAll,
  recover,
  renamed,
  writeManifestIn,
} from '../support/mux-sessions.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

// Decoding is judged elsewhere, and takes its time.
beforeAll(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
});

it('a manifest of a newer version is left as it is, with all that belongs to it', async () => {
  const directory = await crashed(await temporaryDirectory());
  const manifest = { ...(await manifestIn(directory)), schemaVersion: 2, lens: { focus: 'near' } };
  await writeFile(join(directory, 'session.json'), JSON.stringify(manifest));
  const before = await filesOf(directory);
  const [result] = await muxAll([directory], { force: true });
  expect(result?.error).toMatchObject({
    code: 'INPUT_INVALID',
    message: expect.stringMatching(
      /is of a newer camrec: schemaVersion is 2, and 1 is known here$/,
    ),
    hint: 'Use the version of camrec that recorded it, or a later one.',
  });
  expect(await filesOf(directory)).toEqual(before);
});

describe('a manifest that is damaged', () => {
  it('is rebuilt from what remains, wherever it is cut', async () => {
    const recordings = await temporaryDirectory();
    const directory = await renamed(await crashed(recordings), 'kitchen_20250601_143005');
    const before = await manifestIn(directory);
    await writeManifestIn(directory, { ...before, label: 'take 1', captureId: 'abc' });
    const text = await readFile(join(directory, 'session.json'), 'utf8');
    const raw = await readFile(join(directory, 'stream.h264'));
    for (let cut = 0; cut < text.length - 2; cut += 97) {
      await writeFile(join(directory, 'session.json'), text.slice(0, cut));
      const recovered = await recover(directory);
      expect(recovered.state).toBe('recovered');
      expect(recovered.id).toBe('kitchen_20250601_143005');
      expect(recovered.counts.frames).toBe(25);
      const isTold = cut > text.indexOf('"startedAt"') + 50;
      const fromName = new Date(2025, 5, 1, 14, 30, 5).toISOString();
      expect(recovered.startedAt).toBe(isTold ? before.startedAt : fromName);
      expect(recovered.label).toBe(cut > text.indexOf('take 1') + 10 ? 'take 1' : null);
      if (cut < 20) expect(recovered.device.name).toBe('kitchen');
    }
    expect(await readFile(join(directory, 'stream.h264'))).toEqual(raw);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('is made anew where it is missing', async () => {
    const recordings = await temporaryDirectory();
    const directory = await renamed(await crashed(recordings), '10.0.0.5_40000_20250601_143005');
    await rm(join(directory, 'session.json'));
    const { state, device } = await recover(directory);
    expect(state).toBe('recovered');
    expect(device.name).toBe('10.0.0.5_40000');
    expect(await failedChecks(directory)).toEqual([]);
  });

  it.each([-12, 0.5, 14, 26])('begins when it did, named %d hours ahead', async (hours) => {
    const directory = await crashedSession();
    const startedAtMs = (await rowsIn(directory))[0]?.arrivalMs ?? Number.NaN;
    // In the local time of another zone.
    const name = `kitchen_${directoryTimestamp(startedAtMs + hours * 3_600_000)}`;
    const moved = await renamed(directory, name);
    await rm(join(moved, 'session.json'));
    const { startedAt, endedAt } = await recover(moved);
    // A name has whole seconds.
    expect(Date.parse(startedAt)).toBe(Math.floor(startedAtMs / 1000) * 1000);
    expect(Date.parse(endedAt ?? '')).toBeGreaterThan(startedAtMs);
    expect(await failedChecks(moved)).toEqual([]);
  });

  it('begins when its name says where no time zone explains another time', async () => {
    const directory = await crashedSession();
    const startedAtMs = (await rowsIn(directory))[0]?.arrivalMs ?? Number.NaN;
    const namedMs = startedAtMs - 3_600_000 - 8 * 60_000;
    const moved = await renamed(directory, `kitchen_${directoryTimestamp(namedMs)}`);
    await rm(join(moved, 'session.json'));
    expect(Date.parse((await recover(moved)).startedAt)).toBe(Math.floor(namedMs / 1000) * 1000);
  });

  it('begins when the files were last written, where nothing else tells', async () => {
    const directory = await renamed(await crashedSession(), 'birthday');
    await rm(join(directory, 'session.json'));
    const written = new Date(Date.UTC(2025, 5, 1, 12));
    for (const name of ['stream.h264', 'frames.csv']) {
      await utimes(join(directory, name), written, written);
    }
    expect((await recover(directory)).startedAt).toBe(written.toISOString());
  });

  it('is made by the name of the directory itself, not of a link to it', async () => {
    const directory = await crashedSession();
    const id = basename(directory);
    await rm(join(directory, 'session.json'));
    expect((await muxAll([await linkTo(directory)]))[0]?.error).toBeNull();
    // What the name tells, and the link's does not.
    expect(await manifestIn(directory)).toMatchObject({ id, device: { id: id.split('_')[0] } });
    expect(await failedChecks(directory)).toEqual([]);
    expect(await failedChecks(await linkTo(directory))).toEqual([]);
  });

  it('gives up its whole fields and no others', () => {
    expect(salvageJson('')).toEqual({});
    expect(salvageJson('{"a": 1, "b')).toEqual({ a: 1 });
    expect(salvageJson('{"a": {"b": [1, 2, 3], "c": "x,y}", "d": ')).toEqual({
      a: { b: [1, 2, 3], c: 'x,y}' },
    });
    expect(salvageJson('{"a": "\\"{", "b": [{"c": 1}, {"d"')).toEqual({ a: '"{', b: [{ c: 1 }] });
    expect(salvageJson('\u0000\u0000\u0000')).toEqual({});
    expect(salvageJson('[1, 2')).toEqual({});
  });
});
