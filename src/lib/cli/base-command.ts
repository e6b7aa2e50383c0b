/**
 * What all commands share: `--json`, errors as docs/cli.md promises them, and defaults from the environment.
 * In JSON mode stdout holds one document and nothing else; everything meant for people goes to stderr.
 */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Input, ParserOutput } from '@oclif/core/interfaces';
import { environmentName, jsonByEnvironment, settleEnvironment } from './environment.js';
import { debugWanted, reportError } from './error-report.js';
import { refuseEmpty, withEnv } from './flags.js';
import { printError, printJson } from './print-error.js';
import { refuseSwitchValues } from './switches.js';

type Values = Record<string, unknown>;

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = withEnv({
    json: Flags.boolean({
      description: 'Print one JSON document on stdout and nothing else there.',
      helpGroup: 'GLOBAL',
    }),
  });

  protected override async init(): Promise<void> {
    await super.init();
    // Whoever read the progress may have gone: that must not end a recording. Nobody is left to be told.
    if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
    const flags = { ...this.ctor.baseFlags, ...this.ctor.flags };
    refuseSwitchValues(flags, this.argv);
    settleEnvironment(flags, this.argv);
  }

  override jsonEnabled(): boolean {
    return super.jsonEnabled() || jsonByEnvironment();
  }

  /** Parses what is typed and nothing on standard input, and reads a list from the environment as its parts between commas. */
  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options?: Input<F, B, A>,
    argv?: string[],
  ): Promise<ParserOutput<F, B, A>> {
    // oclif would take a missing argument from there, in a loop over lines the next line.
    for (const arg of Object.values(this.ctor.args ?? {})) arg.ignoreStdin = true;
    const output = await super.parse(options, argv);
    const flags: Values = output.flags;
    for (const [name, flag] of Object.entries(this.ctor.flags ?? {})) {
      const value: unknown = flags[name];
      if (flag.type === 'option' && flag.multiple && typeof value === 'string') {
        const parts = value.split(',').flatMap((part) => part.trim() || []);
        refuseEmpty(parts.join(), `list in ${environmentName(name)}`);
        flags[name] = parts;
      }
    }
    return output;
  }

  /** Sets the exit code for a result that is printed all the same (some camera failed, say). */
  protected exitWith(code: number): void {
    process.exitCode = code;
  }

  protected override logJson(json: unknown): void {
    printJson(json);
  }

  protected override async catch(error: Error): Promise<void> {
    // `--help` inside a command ends by throwing its exit.
    if ('code' in error && error.code === 'EEXIT') throw error;
    const report = reportError(error, this.invocation);
    process.exitCode = report.exitCode;
    // What went wrong is said; oclif need not warn that nothing was parsed.
    this.parsed = true;
    printError(report, this.jsonEnabled());
    if (report.unexpected ? debugWanted() : process.env['CAMREC_DEBUG']) {
      process.stderr.write(`${describeDeep(error)}\n`);
    }
  }

  /** The command as typed, for hints. */
  private get invocation(): string {
    return [this.config.bin, ...(this.id?.split(':') ?? [])].join(' ');
  }
}

/** The stack of an error and of everything that caused it. */
function describeDeep(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\nCaused by: ${describeDeep(error.cause)}`;
}
