import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CamrecError, ERROR_CODES } from '../../src/lib/base/errors.js';
import { repositoryRoot } from '../support/tools.js';

it('docs/errors.md lists every code with its exit code, and no other', () => {
  const text = readFileSync(join(repositoryRoot, 'docs/errors.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d) \|/gm)];
  const documented = rows.map(([, code, exit]) => [code, Number(exit)]);
  const known = ERROR_CODES.map((code) => [code, new CamrecError(code, '').exitCode]);
  expect(documented.sort()).toEqual(known.sort());
});

it('every code is that of some error', () => {
  const source = join(repositoryRoot, 'src');
  const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== join('lib', 'base', 'errors.ts'))
    .map((name) => readFileSync(join(source, name), 'utf8'));
  const unused = ERROR_CODES.filter((code) => !texts.some((text) => text.includes(`'${code}'`)));
  expect(unused).toEqual([]);
});
