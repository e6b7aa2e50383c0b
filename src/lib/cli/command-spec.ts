/**
 * The commands as the completion scripts need them, taken from oclif's manifest.
 */
import type { Command } from '@oclif/core/command';

export interface FlagSpec {
  /** With its dashes. */
  readonly name: string;
  readonly description: string;
  readonly takes: 'nothing' | 'text' | 'file' | 'choice';
  readonly choices: readonly string[];
  readonly repeatable: boolean;
}

export interface CommandSpec {
  /** As typed after `camrec`, such as `capture start`. */
  readonly words: string;
  readonly summary: string;
  readonly flags: readonly FlagSpec[];
  /** What may stand behind it without a flag. */
  readonly argument: 'none' | 'text' | 'file' | 'choice';
  readonly argumentChoices: readonly string[];
}

/** Flags and arguments that name something on the disk. */
const FILE_NAME = /(^|-)(dir|file|input|output|cert|key|paths?)$|^times$/;

/** Every command that is meant to be seen, in the order of the alphabet. */
export function commandSpecs(commands: readonly Command.Cached[]): CommandSpec[] {
  return commands
    .filter(({ hidden }) => !hidden)
    .map(commandSpec)
    .sort((a, b) => (a.words < b.words ? -1 : 1));
}

function commandSpec(command: Command.Cached): CommandSpec {
  const [arg] = Object.values(command.args);
  const choices = arg?.options ?? [];
  return {
    words: command.id.replaceAll(':', ' '),
    summary: firstSentence(command.summary ?? command.description ?? ''),
    flags: [
      ...Object.values(command.flags)
        .filter(({ hidden }) => !hidden)
        .map(flagSpec),
      { ...NO_VALUE, name: '--help', description: 'Show help.' },
    ],
    argument:
      arg === undefined
        ? 'none'
        : choices.length > 0
          ? 'choice'
          : FILE_NAME.test(arg.name)
            ? 'file'
            : 'text',
    argumentChoices: choices,
  };
}

const NO_VALUE = { takes: 'nothing', choices: [], repeatable: false } as const;

function flagSpec(flag: Command.Flag.Cached): FlagSpec {
  const name = `--${flag.name}`;
  const description = firstSentence(flag.summary ?? flag.description ?? '');
  if (flag.type === 'boolean') return { ...NO_VALUE, name, description };
  const choices = flag.options ?? [];
  const takes = choices.length > 0 ? 'choice' : FILE_NAME.test(flag.name) ? 'file' : 'text';
  return { name, description, takes, choices, repeatable: flag.multiple === true };
}

function firstSentence(text: string): string {
  const plain = text.replace(/\s*\[default:.*\]$/s, '').split('\n')[0] ?? '';
  return (/^.*?[.;](?=\s|$)/.exec(plain)?.[0] ?? plain).replace(/[.;]$/, '');
}

/** The words that may follow `prefix` (empty: the first words), each with what to say of it. */
export function nextWords(specs: readonly CommandSpec[], prefix: string): Map<string, string> {
  const start = prefix === '' ? '' : `${prefix} `;
  const words = new Map<string, string>();
  for (const { words: whole, summary } of specs) {
    if (!whole.startsWith(start)) continue;
    const [word = '', ...more] = whole.slice(start.length).split(' ');
    if (more.length === 0 || !words.has(word)) words.set(word, more.length === 0 ? summary : '');
  }
  return words;
}

/** The words that only lead to commands, such as `capture`. */
export function topics(specs: readonly CommandSpec[]): string[] {
  const found = specs.flatMap(({ words }) => {
    const parts = words.split(' ');
    return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join(' '));
  });
  return [...new Set(found)];
}
