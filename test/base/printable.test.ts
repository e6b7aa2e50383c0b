import { expect, it } from 'vitest';
import { printable, printableLines } from '../../src/lib/base/printable.js';

it('keeps letters of all scripts, and puts a dot for what moves a cursor, forges a line or turns the text', () => {
  expect(printable('Küche 厨房 📷')).toBe('Küche 厨房 📷');
  expect(printable('a\u001b[2Jb\u0007\u009bc\nd\re\u2028f')).toBe('a·[2Jb··c·d·e·f');
  expect(printable('gpj\u202e.exe\u2066')).toBe('gpj·.exe·');
});

it('keeps the lines of text that has lines of its own', () => {
  expect(printableLines('a\u001b\nb')).toBe('a·\nb');
});
