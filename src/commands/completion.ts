/**
 * `camrec completion`: the script that lets the shell complete camrec's commands and flags.
 */
import * as Args from '@oclif/core/args';
import { BaseCommand } from '../lib/cli/base-command.js';

interface CompletionScript {
  readonly shell: string;
  readonly script: string;
}

export default class Completion extends BaseCommand {
  static override summary = 'Print a completion script for bash or zsh.';

  static override examples = [
    {
      description: 'bash: put this line into ~/.bashrc.',
      command: 'source <(<%= config.bin %> <%= command.id %> bash)',
    },
    {
      description: 'zsh: once, into a directory of $fpath.',
      command: '<%= config.bin %> <%= command.id %> zsh > ~/.zfunc/_<%= config.bin %>',
    },
  ];

  static override args = {
    shell: Args.string({
      required: true,
      options: ['bash', 'zsh'],
      description: 'Which shell.',
    }),
  };

  async run(): Promise<CompletionScript> {
    const { args } = await this.parse(Completion);
    const { commandSpecs } = await import('../lib/cli/command-spec.js');
    const { bashCompletion } = await import('../lib/cli/completion-bash.js');
    const { zshCompletion } = await import('../lib/cli/completion-zsh.js');
    const complete = args.shell === 'zsh' ? zshCompletion : bashCompletion;
    const script = complete(this.config.bin, commandSpecs(this.config.commands));
    this.log(script.trimEnd());
    return { shell: args.shell, script };
  }
}
