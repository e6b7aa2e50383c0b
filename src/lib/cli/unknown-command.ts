/**
 * What is said of a command that does not exist, and which one may have been meant.
 */
import type { Interfaces } from '@oclif/core';
import { printable } from '../base/printable.js';

export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

/** Typing mistakes beyond which a command is no longer meant. */
const MAX_MISTAKES = 2;

/** The refusal of the command `id`, whose words have colons between them. */
export function noCommand({ bin, commandIDs }: Interfaces.Config, id: string): Refusal {
  const meant = commandIDs
    .map((one) => ({ words: one.replaceAll(':', ' '), mistakes: distance(one, id) }))
    .filter(({ words, mistakes }) => mistakes <= Math.min(MAX_MISTAKES, words.length - 2))
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
