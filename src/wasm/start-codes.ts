/**
 * Finding start codes, 00 00 01 (ISO/IEC 14496-10, annex B), sixteen bytes at a time. This is AssemblyScript, which
 * scripts/build-wasm.mjs compiles to WebAssembly; src/lib/h264/start-code-search.ts gives it memory.
 */

const START_CODE_BYTES = 3;
/** Bytes of one vector, and how many vectors are looked at in one go. */
const VECTOR = 16;
const UNROLLED = 4;

/** Of sixteen places at `at` and behind it: a zero byte for each at which a start code begins. */
function zeroAtStartCodes(at: usize): v128 {
  const third = v128.xor(v128.load(at + 2), i8x16.splat(1));
  return v128.or(v128.or(v128.load(at), v128.load(at + 1)), third);
}

/** Where the first start code begins that lies within `from` and `end` of the memory; -1 where there is none. */
export function findStartCode(from: usize, end: usize): i32 {
  // What a vector's last place needs behind it.
  const more = START_CODE_BYTES - 1;
  let at = from;
  for (; at + UNROLLED * VECTOR + more <= end; at += UNROLLED * VECTOR) {
    const a = i8x16.min_u(zeroAtStartCodes(at), zeroAtStartCodes(at + VECTOR));
    const b = i8x16.min_u(zeroAtStartCodes(at + 2 * VECTOR), zeroAtStartCodes(at + 3 * VECTOR));
    if (!i8x16.all_true(i8x16.min_u(a, b))) break;
  }
  for (; at + VECTOR + more <= end; at += VECTOR) {
    const found = i8x16.eq(zeroAtStartCodes(at), i8x16.splat(0));
    if (v128.any_true(found)) return <i32>at + ctz(i8x16.bitmask(found));
  }
  for (; at + START_CODE_BYTES <= end; at += 1) {
    if (load<u8>(at) === 0 && load<u8>(at + 1) === 0 && load<u8>(at + 2) === 1) return <i32>at;
  }
  return -1;
}
