import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from './support/tools.js';

const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');

it('has links that lead somewhere', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target);
  const local = links.filter((target) => !target.includes('://'));
  expect(local.length).toBeGreaterThan(3);
  expect(local.filter((target) => !existsSync(join(repositoryRoot, target)))).toEqual([]);
});

it('has only blocks of commands that continuous integration knows how to run', () => {
  const fences = [...readme.matchAll(/^```(\S.*)$/gm)].map(([, info]) => info);
  expect(fences.length).toBeGreaterThan(5);
  expect(fences.filter((info) => !/^sh( (daemon|checkout))?$/.test(info ?? ''))).toEqual([]);
});
