/**
 * What verifying answers: `sessions verify` of docs/cli.md. The checks are explained in docs/design/disk.md.
 */

/** The checks, in the order in which they are told. */
export const CHECKS = [
  'manifest',
  'files',
  'raw-checksum',
  'index-checksum',
  'rows',
  'sequence',
  'counts',
  'mp4-bytes',
  'mp4-samples',
  'decode',
] as const;

export type CheckName = (typeof CHECKS)[number];

export interface Check {
  readonly name: CheckName;
  /** True also of a check that was left out. */
  readonly ok: boolean;
  /** What was found, or why it was left out. */
  readonly detail: string;
  readonly leftOut: boolean;
}

export interface VerifyResult {
  /** Absolute, of the session directory. */
  readonly path: string;
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** A check that found all as it should be. */
export function passed(name: CheckName, detail: string): Check {
  return { name, ok: true, detail, leftOut: false };
}

/** A check that found what should not be. */
export function failed(name: CheckName, detail: string): Check {
  return { name, ok: false, detail, leftOut: false };
}

/** A check that could not be made, which is no failure; `detail` says why. */
export function leftOut(name: CheckName, detail: string): Check {
  return { name, ok: true, detail, leftOut: true };
}
