import { execFileSync } from 'node:child_process';
import type { Command } from '@oclif/core/command';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CommandSpec, commandSpecs } from '../../src/lib/cli/command-spec.js';
import { bashCompletion } from '../../src/lib/cli/completion-bash.js';
import { zshCompletion } from '../../src/lib/cli/completion-zsh.js';
import { builtManifest } from './manifest.js';

const COMMANDS = Object.values(builtManifest.commands) as Command.Cached[];
let specs: CommandSpec[];
let script: string;

beforeAll(() => {
  specs = commandSpecs(COMMANDS);
  script = bashCompletion('camrec', specs);
});

/** What bash proposes at the end of a line: the real bash, with nothing but the script. */
function complete(line: string): string[] {
  const words = line.split(' ');
  const asked = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_camrec; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['--norc', '-c', asked], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return output.toString().split('\n').filter(Boolean);
}

describe('in bash', () => {
  it.each([
    ['camrec ser', ['serve']],
    ['camrec capture ', ['start', 'stop', '--help']],
    ['camrec sessions l', ['list']],
    ['camrec capture start --b', ['--bitrate']],
    ['camrec capture start --no-wait --dev', ['--device']],
    ['camrec serve --log-format ', ['pretty', 'json']],
    ['camrec completion z', ['zsh']],
    ['camrec capture start --label ', []],
    ['camrec nonsense --', ['--help', '--version']],
  ])('%j', (line, proposals) => {
    expect(complete(line)).toEqual(proposals);
  });

  it('every command is found', () => {
    expect(complete('camrec ')).toEqual(
      expect.arrayContaining(['capture', 'serve', 'sessions', 'simulate', 'status']),
    );
  });
});

describe('in zsh', () => {
  it('every command and flag is in the script', () => {
    const zsh = zshCompletion('camrec', specs);
    expect(zsh).toMatch(/^#compdef camrec\n/);
    for (const { words, flags } of specs) {
      expect(zsh).toContain(`('${words}') _arguments`);
      for (const { name } of flags) expect(zsh).toContain(`${name}`);
    }
    expect(zsh).toContain("'--log-format=[One line per event for people, or JSON lines]");
    expect(zsh).toContain("'*--device=[");
  });
});
