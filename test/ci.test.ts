import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from './support/tools.js';

/** What continuous integration brings along or always has: without it the run fails. */
const REQUIRED = ['Chromium', 'Linux', 'ffmpeg', 'script'];

/** What tests say in their names that they need. */
function needs(): string[] {
  const directory = join(repositoryRoot, 'test');
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(directory, file), 'utf8'));
  const found = texts.flatMap((text) => [...text.matchAll(/\(needs ([\w -]+)\)/g)]);
  return [...new Set(found.map(([, need = '']) => need))];
}

it('knows of everything that a check may need whether the run may do without it', () => {
  const script = readFileSync(join(repositoryRoot, '.ci/run'), 'utf8');
  const [, may = ''] = /^may_be_missing='(.*)'$/m.exec(script) ?? [];
  expect([...REQUIRED, ...may.split('|')].sort()).toEqual(needs().sort());
});
