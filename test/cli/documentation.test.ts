import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/tools.js';
import { builtManifest } from './manifest.js';

const read = (page: string) => readFileSync(join(repositoryRoot, page), 'utf8');
const text = read('docs/cli.md');

/** The part of the page under each heading, by the commands that the heading names. */
const sections = text
  .split(/^## /m)
  .slice(1)
  // It has a page for itself.
  .map((one) => (one.startsWith('`simulate`') ? one + read('docs/simulate.md') : one));

function sectionOf(command: string): string {
  const words = [command, command.split(' ')[0]];
  const found = words.flatMap(
    (name) => sections.find((one) => one.startsWith(`\`${name}\``)) ?? [],
  );
  return found[0] ?? '';
}

describe.each(Object.values(builtManifest.commands))(
  'docs/cli.md tells of $id',
  ({ id, flags }) => {
    const command = id.replaceAll(':', ' ');

    it('the command', () => {
      expect(sectionOf(command)).toContain(command);
    });

    it('each flag', () => {
      // --json is explained for all.
      const own = Object.keys(flags).filter((name) => name !== 'json');
      const missing = own.filter((name) => !sectionOf(command).match(`\`--${name}[ \`]`));
      expect(missing).toEqual([]);
    });

    it('no flag that there is not', () => {
      const related = Object.values(builtManifest.commands).filter(
        (other) => sectionOf(other.id.replaceAll(':', ' ')) === sectionOf(command),
      );
      const known = related.flatMap((other) => Object.keys(other.flags));
      const cells = [...sectionOf(command).matchAll(/^\| (`--.+?) \|/gm)];
      const documented = cells.flatMap(([cell]) => [...cell.matchAll(/`--([\w-]+)/g)]);
      const unknown = documented.filter(([, name = '']) => !known.includes(name));
      expect(unknown).toEqual([]);
    });
  },
);
