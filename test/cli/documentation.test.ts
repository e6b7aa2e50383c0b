import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/tools.js';
import { builtManifest } from './manifest.js';

const text = readFileSync(join(repositoryRoot, 'docs/cli.md'), 'utf8');

/** The part of the page under each heading, by the commands that the heading names. */
const sections = text.split(/^## /m).slice(1);

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
      // --json is explained for all; simulate has a page for itself.
      const names = command === 'simulate' ? [] : Object.keys(flags);
      const own = names.filter((name) => name !== 'json');
      const missing = own.filter((name) => !sectionOf(command).includes(`\`--${name}\``));
      expect(missing).toEqual([]);
    });
  },
);
