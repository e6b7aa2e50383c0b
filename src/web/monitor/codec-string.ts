/** What a decoder has to be told before a key picture: RFC 6381, 3.3, from the stream itself. */

const SPS = 7;
const NAL_TYPE = 0x1f;

/** `avc1.PPCCLL` of the first sequence parameter set in Annex B; nothing where there is none. */
export function codecString(annexB: Uint8Array): string | undefined {
  for (let at = 0; at + 6 < annexB.length; at += 1) {
    if (annexB[at] !== 0 || annexB[at + 1] !== 0 || annexB[at + 2] !== 1) continue;
    if (((annexB[at + 3] ?? 0) & NAL_TYPE) !== SPS) continue;
    const profile = annexB.subarray(at + 4, at + 7);
    return `avc1.${[...profile].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }
  return undefined;
}
