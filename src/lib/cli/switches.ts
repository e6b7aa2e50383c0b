/**
 * Switches: flags that take no value.
 */
import type { FlagInput } from '@oclif/core/interfaces';
import { CamrecError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { typedFlags } from './typed-flags.js';

/**
 * Throws USAGE where a value was typed for a switch. oclif would turn the switch on and take the value for an argument, so
 * that `mux --force=no` would force.
 */
export function refuseSwitchValues(flags: FlagInput, argv: readonly string[]): void {
  for (const word of typedFlags(argv)) {
    const [, name = ''] = /^--([^=]+)=/.exec(word) ?? [];
    if (flags[name]?.type !== 'boolean') continue;
    throw new CamrecError('USAGE', `--${name} takes no value: "${printable(word)}".`, {
      hint: `Write --${name}, or leave it out.`,
    });
  }
}
