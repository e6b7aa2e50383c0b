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

    // What it has of its own; simulate has a page for itself, and --json is explained for all.
    it.skipIf(command === 'simulate')('each flag', () => {
      const own = Object.keys(flags).filter((name) => name !== 'json');
      const missing = own.filter((name) => !sectionOf(command).includes(`\`--${name}\``));
      expect(missing).toEqual([]);
    });
  },
);
