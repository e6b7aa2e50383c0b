/**
 * What the environment says of a command's flags, made fit for oclif, which reads it: what is typed counts more, and a
 * switch is on, off, or not understood.
 */
import type { FlagInput } from '@oclif/core/interfaces';
import { CamrecError } from '../base/errors.js';
import { typedFlags } from './typed-flags.js';

const YES = ['1', 'true', 'yes', 'y', 'on'];
const NO = ['0', 'false', 'no', 'n', 'off'];

/** The variable that a flag takes its default from: `--min-free` → `CAMREC_MIN_FREE`. */
export function environmentName(flag: string): string {
  return `CAMREC_${flag.replaceAll('-', '_').toUpperCase()}`;
}

/** Whether words that no command has parsed ask for JSON, or `CAMREC_JSON` does. */
export function jsonWanted(argv: readonly string[]): boolean {
  return argv.includes('--json') || jsonByEnvironment();
}

/** Whether `CAMREC_JSON` asks for JSON, as `--json` does. */
export function jsonByEnvironment(env: NodeJS.ProcessEnv = process.env): boolean {
  return YES.includes(env['CAMREC_JSON']?.toLowerCase() ?? '');
}

/**
 * Takes out of `env` what does not count for a command with these flags: variables whose flag a typed one excludes, and
 * switches that are off, which oclif would take for given. Throws USAGE where a switch is neither on nor off.
 */
export function settleEnvironment(
  flags: FlagInput,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): void {
  for (const flag of excludedByTyped(flags, argv)) delete env[environmentName(flag)];
  for (const [name, { type }] of Object.entries(flags)) {
    if (type === 'boolean') settleSwitch(environmentName(name), env);
  }
}

function excludedByTyped(flags: FlagInput, argv: readonly string[]): string[] {
  const words = typedFlags(argv);
  const isTyped = (name: string) =>
    words.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const pairs = Object.entries(flags).flatMap(([name, { exclusive = [] }]) =>
    exclusive.flatMap((other) => [
      { name, other },
      { name: other, other: name },
    ]),
  );
  return pairs.flatMap(({ name, other }) => (isTyped(name) && !isTyped(other) ? [other] : []));
}

function settleSwitch(variable: string, env: NodeJS.ProcessEnv): void {
  const value = env[variable]?.toLowerCase() ?? '';
  if (value === '' || NO.includes(value)) delete env[variable];
  else if (YES.includes(value)) env[variable] = 'true';
  else {
    throw new CamrecError('USAGE', `${variable}: "${env[variable]}" is neither yes nor no.`, {
      hint: `Write ${variable}=1, or unset it.`,
    });
  }
}
