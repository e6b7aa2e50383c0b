import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MuxError } from '../../src/lib/mux/mux-types.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { fastDisk, filesOf, muxAll, recorded } from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const packets = samplePackets(4);
const stream = Buffer.concat(packets.map((packet) => packet.payload));

/** Muxes both a session and a raw file to a path below a directory that holds `film/` and `notes.txt`. */
async function refusals(output: string, force: boolean): Promise<(MuxError | null | undefined)[]> {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'film'));
  await writeFile(join(directory, 'notes.txt'), 'hello');
  await symlink('/dev/null', join(directory, 'nowhere'));
  const session = await recorded(await temporaryDirectory(), packets);
  const raw = join(await temporaryDirectory(), 'film.h264');
  await writeFile(raw, stream);
  const disk = new FaultyDisk(fastDisk);
  const options = { disk, force, output: join(directory, output) };
  const results = [...(await muxAll([session], options)), ...(await muxAll([raw], options))];
  expect(disk.calls.filter(({ name }) => name === 'open' || name === 'read')).toEqual([]);
  return results.map(({ error }) => error);
}

describe.each([true, false])('with --force %s, before anything is read', (force) => {
  it.each([
    ['in a directory that is missing', 'missing/film.mp4', 'DIRECTORY_UNUSABLE', 'no directory'],
    ['below a file', 'notes.txt/film.mp4', 'DIRECTORY_UNUSABLE', 'is no directory'],
    ['deep below a file', 'notes.txt/a/film.mp4', 'DIRECTORY_UNUSABLE', 'is no directory'],
    ['onto a directory', 'film', 'OUTPUT_UNUSABLE', 'film is a directory'],
    ['onto a device', 'nowhere', 'OUTPUT_UNUSABLE', 'nowhere is no ordinary file'],
  ])('an output %s is refused, with advice', async (_what, output, code, words) => {
    for (const error of await refusals(output, force)) {
      expect(error?.code).toBe(code);
      expect(error?.message).toContain(words);
      expect(error?.message).not.toMatch(/E[A-Z]{4,}:/);
      expect(error?.hint).toContain('--output');
    }
  });
});

it('a directory with the name of the MP4 of a raw file is named', async () => {
  const directory = await temporaryDirectory();
  const raw = join(directory, 'film.h264');
  await writeFile(raw, stream);
  await mkdir(join(directory, 'film.mp4', 'inside'), { recursive: true });
  const [result] = await muxAll([raw]);
  expect(result?.error).toMatchObject({
    code: 'OUTPUT_UNUSABLE',
    message: `${join(directory, 'film.mp4')} is a directory`,
  });
});

it.each(['', '-'])('an output that names no file is wrong usage: "%s"', async (output) => {
  const session = await recorded(await temporaryDirectory(), packets);
  const before = await filesOf(session);
  await expect(muxAll([session], { output })).rejects.toMatchObject({ code: 'USAGE' });
  expect(await filesOf(session)).toEqual(before);
});
