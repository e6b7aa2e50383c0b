/**
 * Arguments that several commands share. Apart from the flags: commands without any start sooner without oclif's module
 * for them.
 */
import * as Args from '@oclif/core/args';
import { refuseEmpty } from './flags.js';

/** What names a session, or a directory of them. */
export const sessionArg = Args.custom<string>({
  parse: async (input) => refuseEmpty(input, 'session'),
});
