/**
 * What is said to a command that does not exist: as for every other error, in JSON where JSON was asked for.
 */
import type { Hook } from '@oclif/core/interfaces';
import { EXIT } from '../base/errors.js';
import { paint } from './terminal.js';

/** Typing mistakes beyond which a command is no longer meant. */
const MAX_MISTAKES = 2;

const hook: Hook.CommandNotFound = async ({ config, argv, id }) => {
  const typed = id.replaceAll(':', ' ');
  const known = config.commands.filter(({ hidden }) => !hidden).map((one) => one.id);
  const meant = known
    .map((one) => ({ words: one.replaceAll(':', ' '), mistakes: distance(one, id) }))
    .filter(({ mistakes }) => mistakes <= MAX_MISTAKES)
    .sort((a, b) => a.mistakes - b.mistakes)[0];
  const message = `There is no command "${typed}".`;
  const hint =
    meant === undefined
      ? `${config.bin} --help lists the commands.`
      : `Did you mean: ${config.bin} ${meant.words}`;
  process.exitCode = EXIT.usage;
  if ((argv ?? []).includes('--json')) {
    const json = { error: { code: 'USAGE', message, hint } };
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  } else {
    process.stderr.write(`${paint('red', 'Error:', process.stderr)} ${message}\n  ${hint}\n`);
  }
};

export default hook;

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
