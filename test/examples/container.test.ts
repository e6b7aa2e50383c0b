/**
 * The container of the examples, as far as can be said without Docker.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../support/tools.js';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');

const dockerfile = read('examples/container/Dockerfile');
const compose = read('examples/container/compose.yaml');

it('is built from nothing that was made here, nor from a secret', () => {
  const ignored = read('.dockerignore').split('\n');
  const made = read('.gitignore').split('\n').filter(Boolean);
  expect(ignored).toEqual(expect.arrayContaining(made.map((name) => name.replace(/\/$/, ''))));
  expect(ignored).toEqual(expect.arrayContaining(['.git', 'examples/container/token']));
});

it('has a place to write to for everything that is kept, though its system is read-only', () => {
  expect(compose).toContain('read_only: true');
  for (const name of ['CAMREC_DIR', 'CAMREC_DATA_DIR', 'CAMREC_RUNTIME_DIR']) {
    const [, directory] = new RegExp(`${name}=(\\S+)`).exec(dockerfile) ?? [];
    expect(compose).toMatch(new RegExp(`^ +- (\\w+:)?${directory}(:.*)?$`, 'm'));
    expect(dockerfile).toMatch(new RegExp(`install -d -o node .*${directory}\\b`));
  }
});
