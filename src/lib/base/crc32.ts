/**
 * CRC-32, as gzip has it (RFC 1952, section 8): by the instructions that CPUs have for it, where the optional package is
 * there that uses them, else by Node, which takes two and a half times as long.
 */
import { createRequire } from 'node:module';
import { crc32 as crc32OfNode } from 'node:zlib';

type Crc32 = (bytes: Uint8Array, before?: number) => number;

const sum: Crc32 = nativeCrc32() ?? crc32OfNode;

/** The sum of these bytes behind others, of which the sum is `before`; unsigned. */
export function crc32(bytes: Uint8Array, before = 0): number {
  // Of no bytes Node sometimes makes the sum 0, whatever it was before.
  return bytes.length === 0 ? before : sum(bytes, before);
}

function nativeCrc32(): Crc32 | undefined {
  try {
    return (createRequire(import.meta.url)('@node-rs/crc32') as { crc32: Crc32 }).crc32;
  } catch {
    return undefined;
  }
}
