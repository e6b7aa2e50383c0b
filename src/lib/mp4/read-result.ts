/**
 * What reading somebody else's bytes gives: a value, or the reason why there is none.
 */
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

export function found<T>(value: T): ReadResult<T> {
  return { ok: true, value };
}

/** `reason`: a clause for the person, such as `stsz ends early`. */
export function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
