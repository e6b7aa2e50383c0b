/**
 * What others have named, cut to the length that is kept.
 */

/** The first half of a character that takes two of those that a string counts, at its end. */
const HALF_CHARACTER = /[\ud800-\udbff]$/;

/** At most so many of the characters that a string counts, and none of them in halves: that would be no Unicode. */
export function cutText(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : text.slice(0, maxChars).replace(HALF_CHARACTER, '');
}
