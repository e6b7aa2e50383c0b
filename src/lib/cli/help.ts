/**
 * Help, for people. A topic without a command shows it too, except where JSON was asked for: that is an error like any
 * other.
 */
import { getHelpFlagAdditions, Help } from '@oclif/core/help';
import { EXIT } from '../base/errors.js';
import { jsonWanted } from './environment.js';
import { printError } from './print-error.js';

/** For oclif, which finds it by its name in package.json. */
export default class CamrecHelp extends Help {
  /** `argv` is what was typed where it asks for help, else the topic alone. */
  override async showHelp(argv: string[]): Promise<void> {
    const [topic] = argv;
    const helpFlags = getHelpFlagAdditions(this.config);
    const isAsked = topic === undefined || argv.some((word) => helpFlags.includes(word));
    if (isAsked || !jsonWanted(process.argv.slice(2))) return await super.showHelp(argv);
    const words = `${this.config.bin} ${topic.replaceAll(':', ' ')}`;
    const message = `${words} is no command.`;
    printError({ code: 'USAGE', message, hint: `${words} --help lists its commands.` }, true);
    process.exitCode = EXIT.usage;
  }
}
