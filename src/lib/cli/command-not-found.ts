/**
 * What is said to a command that does not exist: as for every other error, in JSON where JSON was asked for.
 */
import type { Hook, Interfaces } from '@oclif/core';
import { EXIT } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { jsonWanted } from './environment.js';
import { printError } from './print-error.js';
import { noCommand, type Refusal } from './unknown-command.js';

const hook: Hook.CommandNotFound = async ({ config, argv = [], id }) => {
  const typed = id.split(':');
  if (typed[0] === 'help') return await showHelp(config, typed.slice(1));
  const refusal = surplusWords(config, id) ?? noCommand(config, id);
  process.exitCode = EXIT.usage;
  // A flag without a command is taken for one.
  printError({ code: 'USAGE', ...refusal }, jsonWanted([id, ...argv]));
};

export default hook;

/** `camrec help sessions list`, as people know it from elsewhere. */
async function showHelp(config: Interfaces.Config, words: string[]): Promise<void> {
  const { loadHelpClass } = await import('@oclif/core/help');
  const Help = await loadHelpClass(config);
  const options = config.pjson.oclif.helpOptions ?? config.pjson.helpOptions;
  await new Help(config, options).showHelp([...words, '--help']);
}

/** Words behind a command that takes none: oclif looks for a command by all of them. */
function surplusWords({ bin, commandIDs }: Interfaces.Config, id: string): Refusal | undefined {
  const command = commandIDs.find((one) => id.startsWith(`${one}:`));
  if (command === undefined) return undefined;
  const words = command.replaceAll(':', ' ');
  const surplus = id.slice(command.length + 1).replaceAll(':', ' ');
  return {
    message: `${bin} ${words} takes no argument: "${printable(surplus)}".`,
    hint: `${bin} ${words} --help lists what it takes.`,
  };
}
