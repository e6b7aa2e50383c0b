import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from './support/tools.js';

const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');

it('has links that lead somewhere', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target);
  const local = links.filter((target) => !target.includes('://'));
  expect(local.length).toBeGreaterThan(3);
  expect(local.filter((target) => !existsSync(join(repositoryRoot, target)))).toEqual([]);
});

it('comes with documents whose links lead somewhere in the package', () => {
  const { files } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  const packaged: string[] = [...files, 'README.md', 'LICENSE'];
  const pages = readdirSync(join(repositoryRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((page) => page.endsWith('.md'))
    .map((page) => join('docs', page));
  expect(pages.length).toBeGreaterThan(10);
  const astray = pages.flatMap((page) => {
    const text = readFileSync(join(repositoryRoot, page), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target);
    return links
      .filter((target) => !target.includes('://'))
      .map((target) => join(dirname(page), target))
      .filter((path) => {
        const [top = ''] = relative('', path).split('/');
        return !packaged.includes(top) || !existsSync(join(repositoryRoot, path));
      });
  });
  expect(astray).toEqual([]);
});

it('has only blocks of commands that continuous integration knows how to run', () => {
  const fences = [...readme.matchAll(/^```(\S.*)$/gm)].map(([, info]) => info);
  expect(fences.length).toBeGreaterThan(5);
  expect(fences.filter((info) => !/^sh( (daemon|checkout))?$/.test(info ?? ''))).toEqual([]);
});
