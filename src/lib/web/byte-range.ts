/** The `Range` header of a request for bytes (RFC 9110, 14.2). */

export type ByteRange =
  /** No range, or one that may be ignored: the whole file. */
  | { readonly kind: 'whole' }
  /** First and last byte, both included. */
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  /** Nothing of the file is in the range: 416. */
  | { readonly kind: 'outside' };

const WHOLE: ByteRange = { kind: 'whole' };

/** Reads the header for a file of `size` bytes. Several ranges at once are answered with the whole file, as the standard allows. */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(header ?? '');
  if (match === null) return WHOLE;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return WHOLE;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0
      ? { kind: 'outside' }
      : { kind: 'part', first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return WHOLE;
  return first >= size ? { kind: 'outside' } : { kind: 'part', first, last };
}
