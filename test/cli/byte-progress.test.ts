import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { byteProgress } from '../../src/lib/cli/byte-progress.js';
import { terminalOf } from './terminal-stream.js';

beforeEach(() => {
  vi.stubEnv('CI', '');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What a terminal of so many lines shows of work on so many files. */
async function drawn(rows: number, files: number): Promise<string> {
  const { stream, written } = terminalOf({ rows });
  const view = byteProgress(stream);
  const names = Array.from({ length: files }, (_, index) => `file-${index}`);
  view.begin(names.map((name) => ({ name, bytes: 100 })));
  for (const index of names.keys()) {
    view.started(index);
    view.progress(index, 50);
    view.finished(index, { ok: index !== 0, line: `${names[index]}: done` });
  }
  await view.end();
  return written();
}

it('is a row for each file where the terminal has room for all of them', async () => {
  const text = await drawn(10, 9);
  expect(text).toContain('\u001b[');
  expect(text).toContain('file-8: done');
});

it.each([
  [10, 10],
  [200, 150],
])(
  'is a line for each file where it has not, or they are many: %i lines, %i files',
  async (rows, files) => {
    const lines = Array.from({ length: files }, (_, index) => `file-${index}: done\n`);
    expect(await drawn(rows, files)).toBe(lines.join(''));
  },
);
