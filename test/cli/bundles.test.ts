/**
 * What the build puts in the place of the compiled commands.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const dist = join(import.meta.dirname, '../../dist');

/** The specifiers that a module imports, at once or later. */
const importsOf = (text: string) =>
  [...text.matchAll(/(?:from|import\()\s*["']([^"']+)["']/g)].map(([, specifier]) => specifier);

async function modulesIn(directory: string): Promise<string[]> {
  const names = await readdir(join(dist, directory), { recursive: true });
  return names.filter((name) => name.endsWith('.js')).map((name) => join(dist, directory, name));
}

it('loads oclif once: every command takes the one that bin/run.js does', async () => {
  const loadedByOclif = ['help.js', 'command-not-found.js'].map((name) =>
    join(dist, 'lib/cli', name),
  );
  const modules = [
    ...(await modulesIn('commands')),
    ...(await modulesIn('chunks')),
    ...loadedByOclif,
  ];
  expect(modules.length).toBeGreaterThan(20);
  const imports = await Promise.all(
    modules.map(async (path) => importsOf(await readFile(path, 'utf8'))),
  );
  const ofOclif = imports.flat().filter((specifier) => /oclif/.test(specifier ?? ''));
  expect([...new Set(ofOclif)].sort()).toEqual([
    '#oclif/args',
    '#oclif/command',
    '#oclif/flags',
    '#oclif/help',
  ]);
});

it.each(['@oclif/core', 'ejs', 'strip-ansi', 'valibot', 'ws'])(
  'comes with the licence of %s',
  async (name) => {
    const licences = await readFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    const escaped = name.replaceAll('/', '\\/');
    expect(licences).toMatch(
      new RegExp(`^${escaped} \\d+\\.\\d+\\.\\d+\\n\\n[^]*?(?:Permission is|Licensed under)`, 'm'),
    );
  },
);
