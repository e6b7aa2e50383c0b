import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientName, MAX_NAME_CHARS, safeName } from '../../src/lib/storage/safe-name.js';

describe('a name', () => {
  it.each([
    ['bench-3', 'bench-3'],
    ['Pixel 6a', 'Pixel-6a'],
    ['Küche links', 'Kuche-links'],
    ['../../etc/passwd', 'etc-passwd'],
    ['..', ''],
    ['.hidden', 'hidden'],
    ['a\u0000b\nc\u001b[31m', 'a-b-c-31m'],
    ['C:\\windows', 'C-windows'],
    ['con', '_con'],
    ['NUL.txt', '_NUL.txt'],
    ['com7', '_com7'],
    ['console', 'console'],
    ['\u202Egnp.exe', 'gnp.exe'],
    ['name.', 'name'],
    ['a/./b', 'a-.-b'],
    ['📷', ''],
    ['-rf', 'rf'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it('is safe whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        const safe = safeName(name);
        expect(safe).toMatch(/^([A-Za-z0-9_][A-Za-z0-9._-]*)?$/);
        expect(safe).not.toMatch(/\.\.|[.]$/);
        expect(safe.length).toBeLessThanOrEqual(MAX_NAME_CHARS);
        expect(safe).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      }),
      { numRuns: 2000 },
    );
  });

  it('is kept whole up to its limit, and stays safe when cut there', () => {
    expect(safeName('a'.repeat(500))).toHaveLength(MAX_NAME_CHARS);
    const cut = safeName(`${'a'.repeat(MAX_NAME_CHARS - 1)}.b`);
    expect(cut).toBe('a'.repeat(MAX_NAME_CHARS - 1));
  });
});

describe('a client without a name', () => {
  it.each([
    ['192.168.1.20', 50123, '192.168.1.20_50123'],
    ['::ffff:192.168.1.20', 50123, '192.168.1.20_50123'],
    ['fe80::1%eth0', 7, 'fe80--1-eth0_7'],
    ['2001:db8::42', 7, '2001-db8--42_7'],
    ['::1', 7, '1_7'],
    ['', 7, 'unknown_7'],
  ])('%s %d is %s', (address, port, name) => {
    expect(clientName(address, port)).toBe(name);
  });
});
