/**
 * What is said to a command that does not exist: as for every other error, in JSON where JSON was asked for.
 */
import type { Hook, Interfaces } from '@oclif/core';
import { EXIT } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { jsonWanted } from './environment.js';
import { printError } from './print-error.js';

/** Typing mistakes beyond which a command is no longer meant. */
const MAX_MISTAKES = 2;

const hook: Hook.CommandNotFound = async ({ config, argv = [], id }) => {
  const typed = id.split(':');
  if (typed[0] === 'help') return await showHelp(config, typed.slice(1));
  const known = config.commands.filter(({ hidden }) => !hidden).map((one) => one.id);
  const refusal = surplusWords(config.bin, id, known) ?? noCommand(config.bin, id, known);
  process.exitCode = EXIT.usage;
  // A flag without a command is taken for one.
  printError({ code: 'USAGE', ...refusal }, jsonWanted([id, ...argv]));
};

export default hook;

interface Refusal {
  readonly message: string;
  readonly hint: string;
}

/** `camrec help sessions list`, as people know it from elsewhere. */
async function showHelp(config: Interfaces.Config, words: string[]): Promise<void> {
  const { loadHelpClass } = await import('@oclif/core/help');
  const Help = await loadHelpClass(config);
  const options = config.pjson.oclif.helpOptions ?? config.pjson.helpOptions;
  await new Help(config, options).showHelp([...words, '--help']);
}

/** Words behind a command that takes none: oclif looks for a command by all of them. */
function surplusWords(bin: string, id: string, known: readonly string[]): Refusal | undefined {
  const command = known.find((one) => id.startsWith(`${one}:`));
  if (command === undefined) return undefined;
  const words = command.replaceAll(':', ' ');
  const surplus = id.slice(command.length + 1).replaceAll(':', ' ');
  return {
    message: `${bin} ${words} takes no argument: "${printable(surplus)}".`,
    hint: `${bin} ${words} --help lists what it takes.`,
  };
}

function noCommand(bin: string, id: string, known: readonly string[]): Refusal {
  const meant = known
    .map((one) => ({ words: one.replaceAll(':', ' '), mistakes: distance(one, id) }))
    .filter(({ mistakes }) => mistakes <= MAX_MISTAKES)
    .sort((a, b) => a.mistakes - b.mistakes)[0];
  return {
    message: `There is no command "${printable(id.replaceAll(':', ' '))}".`,
    hint:
      meant === undefined
        ? `${bin} --help lists the commands.`
        : `Did you mean: ${bin} ${meant.words}`,
  };
}

/** Levenshtein distance: letters to add, to take away or to change. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 1; line <= a.length; line++) {
    const next = [line];
    for (let column = 1; column <= b.length; column++) {
      const change = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
