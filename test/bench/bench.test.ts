/**
 * The bench itself, on sizes so small that its figures mean nothing: every figure is measured and reported.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg, repositoryRoot } from '../support/tools.js';

interface Row {
  readonly figure: string;
  readonly name: string;
  readonly value: number;
  readonly atMost?: number;
  readonly met: boolean | null;
}

/** Runs some figures in a tiny size; gives the rows of the JSON document and what was printed. */
async function bench(only: string, below?: string): Promise<{ rows: Row[]; table: string }> {
  const directory = below ?? (await temporaryDirectory());
  const out = join(directory, 'results.json');
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(repositoryRoot, 'bench/bench.mjs'),
    ...['--size', 'tiny', '--only', only, '--dir', directory, '--out', out],
  ]);
  const { rows } = JSON.parse(await readFile(out, 'utf8')) as { rows: Row[] };
  return { rows, table: stdout };
}

const named = (rows: readonly Row[], figure: string) =>
  rows.filter((row) => row.figure === figure).map(({ name }) => name);

describe.skipIf(process.platform !== 'linux')('bench (needs Linux)', () => {
  it('records with many cameras, small packets and stops, and loses nothing', async () => {
    const { rows, table } = await bench('stop,day,cameras,small-frames');
    expect(named(rows, 'stop')).toEqual([
      'playable, 1 MB',
      'durable, 1 MB',
      "another's ping, 1 MB",
    ]);
    expect(named(rows, 'day')).toContain('memory per picture');
    for (const row of rows) {
      expect(row.value, row.name).toBeTypeOf('number');
      expect(table).toContain(row.name);
      expect(row.met, row.name).toBe(row.atMost === undefined ? null : row.value <= row.atMost);
    }
    const lost = rows.filter(({ name }) => name.includes('lost'));
    expect(lost.map(({ value }) => value)).toEqual([0, 0]);
  });

  it('starts commands and a bare oclif project', async () => {
    const { rows } = await bench('startup');
    const ratios = rows.filter(({ atMost }) => atMost !== undefined);
    expect(ratios.map(({ value }) => value > 0)).toEqual([true, true, true]);
  });

  it('refuses a figure that it does not have', async () => {
    await expect(bench('speed')).rejects.toMatchObject({ code: 2 });
  });

  it('says which options there are when one is mistyped', async () => {
    const mistyped = promisify(execFile)(process.execPath, [
      join(repositoryRoot, 'bench/bench.mjs'),
      ...['--onyl', 'cpu'],
    ]);
    await expect(mistyped).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Unknown option '--onyl'.*\nOptions: --only, .*\n$/),
    });
  });

  it('says in a line that it cannot use a directory', async () => {
    const missing = join(await temporaryDirectory(), 'missing');
    await expect(bench('startup', missing)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--dir \S+missing cannot be used: ENOENT.*\n$/),
    });
  });
});

describe.skipIf(ffmpeg === undefined || process.platform !== 'linux')(
  'bench against ffmpeg (needs ffmpeg)',
  () => {
    it('compares CPU time and muxing', async () => {
      const { rows } = await bench('cpu,remux');
      const ofCpu = ['camrec ÷ ffmpeg', 'camrec ÷ bare ws', 'camrec ÷ bare ws, all of it twice'];
      expect(named(rows, 'cpu')).toEqual(expect.arrayContaining(ofCpu));
      const ofRemux = [
        'camrec mux ÷ ffmpeg -c copy',
        'camrec mux ÷ cp',
        'bare Node, a copy ÷ cp',
        'camrec, resident, most ÷ that of a tenth',
      ];
      expect(named(rows, 'remux')).toEqual(expect.arrayContaining(ofRemux));
    });
  },
);
