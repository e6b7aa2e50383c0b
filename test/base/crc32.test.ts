/**
 * The sum by the optional package against that of Node, which is also what is left without the package.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { crc32 as crc32OfNode } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/lib/base/crc32.js';

const LENGTHS = [1, 2, 3, 15, 16, 17, 63, 64, 65, 255, 4096, 100_003];
const BEFORE = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

describe('a CRC-32', () => {
  it('is the known one of the known text', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf4_3926);
  });

  it('is that of Node, behind whatever stands before', () => {
    for (const length of LENGTHS) {
      const bytes = randomBytes(length);
      for (const before of BEFORE) expect(crc32(bytes, before)).toBe(crc32OfNode(bytes, before));
    }
  });

  it('of no bytes is that of what stands before', () => {
    for (const before of BEFORE) expect(crc32(new Uint8Array(0), before)).toBe(before);
  });

  it('is the same without the optional package', () => {
    const require = createRequire(import.meta.url);
    expect(require.resolve('@node-rs/crc32')).toBeTruthy();
    const script = `
      const resolve = require('node:module')._resolveFilename;
      require('node:module')._resolveFilename = (name, ...rest) => {
        if (name === '@node-rs/crc32') throw Object.assign(new Error(name), { code: 'MODULE_NOT_FOUND' });
        return resolve(name, ...rest);
      };
      import('./dist/lib/base/crc32.js').then(({ crc32 }) => {
        console.log(crc32(Buffer.from('6789'), crc32(Buffer.from('12345'))));
      });
    `;
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const printed = execFileSync(process.execPath, ['-e', script], { cwd, encoding: 'utf8' });
    expect(Number(printed)).toBe(0xcbf4_3926);
  });
});
