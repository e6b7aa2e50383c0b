/**
 * Help, for people. A topic without a command shows it too, except where JSON was asked for, or flags were given: that is
 * an error like any other, since a script that forgot the word would take help for success.
 */
import { getHelpFlagAdditions, Help } from '@oclif/core/help';
import { EXIT } from '../base/errors.js';
import { jsonWanted } from './environment.js';
import { printError } from './print-error.js';
import { noCommand, type Refusal } from './unknown-command.js';

/** For oclif, which finds it by its name in package.json. */
export default class CamrecHelp extends Help {
  /** `argv` is what was typed where it asks for help, else the topic alone. */
  override async showHelp(argv: string[]): Promise<void> {
    const [topic] = argv;
    const helpFlags = getHelpFlagAdditions(this.config);
    const isAsked = topic === undefined || argv.some((word) => helpFlags.includes(word));
    const typed = process.argv.slice(2);
    const inJson = jsonWanted(typed);
    const words = argv.filter((word) => !word.startsWith('-'));
    const command = this.#command(words);
    if (command !== undefined) return await super.showHelp([...command, '--help']);
    const id = words.join(':');
    if (id !== '' && id !== 'help' && !this.config.findTopic(id)) {
      return this.#refuse(noCommand(this.config, id), inJson);
    }
    const isAlone = !typed.some((word) => word.startsWith('-'));
    if (isAsked || (isAlone && !inJson)) return await super.showHelp(argv);
    const name = `${this.config.bin} ${topic.replaceAll(':', ' ')}`;
    this.#refuse(
      { message: `${name} is no command.`, hint: `${name} --help lists its commands.` },
      inJson,
    );
  }

  /** The words of the command that `words` begin with; its arguments may follow. */
  #command(words: readonly string[]): readonly string[] | undefined {
    return words
      .map((_, index) => words.slice(0, index + 1))
      .findLast((some) => this.config.findCommand(some.join(':')) !== undefined);
  }

  #refuse(refusal: Refusal, inJson: boolean): void {
    printError({ code: 'USAGE', ...refusal }, inJson);
    process.exitCode = EXIT.usage;
  }
}
