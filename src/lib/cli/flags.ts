/**
 * Flags that several commands share, and the rule that each takes its default from the environment.
 */
import * as Flags from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/interfaces';
import { CamrecError } from '../base/errors.js';
import {
  MAX_LABEL_CHARS,
  parseAspectRatio,
  parseBitrate,
  parseFps,
  parseSince,
  parseSize,
  parseTimeout,
  type Ratio,
} from '../base/units.js';
import { environmentName } from './environment.js';

/** Lets every flag take its default from its variable. Each command wraps its flags in this (a test checks). */
export function withEnv<F extends FlagInput>(flags: F): F {
  for (const [name, flag] of Object.entries(flags)) flag.env = environmentName(name);
  return flags;
}

/** A default that help shows as people write it: `...byDefault(parseTimeout, '10s')`. */
export function byDefault<T>(parse: (text: string) => T, text: string) {
  return { default: parse(text), defaultHelp: async () => text };
}

/** A duration that is waited for, in milliseconds; at least `min`, where there is one, and `hint` for who wants less. */
export const durationFlag = Flags.custom<number, { min?: string; hint?: string }>({
  async parse(input, _context, { min = '0s', hint }) {
    const ms = parseTimeout(input);
    if (ms >= parseTimeout(min)) return ms;
    const refusal = `${input} is too short: at least ${min}.`;
    throw new CamrecError('USAGE', refusal, hint === undefined ? {} : { hint });
  },
  helpValue: '10s',
});

/** For the flag that says how long a command waits for phones, which are never there in no time. */
export const SOME_WAIT = { min: '1ms', hint: '--no-wait waits for nothing.' } as const;

/** Gives `input` back. What a script left empty would mean this directory, every phone or any address. */
export function refuseEmpty(input: string, what: string): string {
  if (input !== '') return input;
  throw new CamrecError('USAGE', `The ${what} is empty.`, {
    hint: 'Is the variable set that it comes from?',
  });
}

/** A file or a directory. */
export const pathFlag = Flags.custom<string>({
  parse: async (input) => refuseEmpty(input, 'path'),
});

/** An address of this machine to listen on. */
export const hostFlag = Flags.custom<string>({
  parse: async (input) => refuseEmpty(input, 'address'),
});

/** The label of a capture. */
export const labelFlag = Flags.custom<string>({
  async parse(input) {
    const characters = input.length;
    if (characters > 0 && characters <= MAX_LABEL_CHARS) return input;
    const is = characters === 0 ? 'is empty' : `has ${characters} characters`;
    throw new CamrecError(
      'USAGE',
      `The label ${is}: it may have 1 to ${MAX_LABEL_CHARS} characters.`,
    );
  },
});

/** A size in bytes. */
export const sizeFlag = Flags.custom<number>({
  parse: async (input) => parseSize(input),
  helpValue: '1GiB',
});

/** An aspect ratio. */
export const aspectFlag = Flags.custom<Ratio>({
  parse: async (input) => parseAspectRatio(input),
  helpValue: '4:3',
});

/** Mbit/s. */
export const bitrateFlag = Flags.custom<number>({
  parse: async (input) => parseBitrate(input),
  helpValue: 'MBIT/S',
});

/** Pictures per second. */
export const fpsFlag = Flags.custom<number>({
  parse: async (input) => parseFps(input),
  helpValue: 'N',
});

/** A point in time, in milliseconds since the epoch. */
export const sinceFlag = Flags.custom<number>({
  parse: async (input) => parseSince(input, Date.now()),
  helpValue: '2025-06-01|2h',
});

/** A whole number between `min` and `max` (both included). */
export const wholeNumberFlag = Flags.custom<number, { min?: number; max?: number }>({
  async parse(input, _context, { min = 0, max = Number.MAX_SAFE_INTEGER }) {
    const value = /^\d{1,16}$/.test(input.trim()) ? Number(input) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new CamrecError('USAGE', `"${input}" is not a whole number ${range}.`);
  },
  helpValue: 'N',
});

/** Which daemon: needed only where several run. */
export const daemonPortFlag = wholeNumberFlag({
  min: 1,
  max: 65_535,
  description: "The daemon's port; needed only where several daemons run.",
});

/** A phone, or those whose name or id begins so. */
export const phoneFlag = Flags.custom<string>({
  parse: async (input) => refuseEmpty(input, 'name'),
  helpValue: 'D',
});

/** Which phones: may be given several times. */
export const deviceFlag = phoneFlag({
  multiple: true,
  multipleNonGreedy: true,
  description: 'A phone, by name, id or unique prefix of either. May be repeated.',
});
