import { expect, it } from 'vitest';
import { cutText } from '../../src/lib/base/cut-text.js';

it('keeps what is short enough', () => {
  expect(cutText('Küche', 5)).toBe('Küche');
  expect(cutText('🎥🎥', 4)).toBe('🎥🎥');
});

it('cuts what is longer, never within a character', () => {
  expect(cutText('bench-1', 5)).toBe('bench');
  expect(cutText('🎥🎥🎥', 4)).toBe('🎥🎥');
  expect(cutText('a🎥🎥', 4)).toBe('a🎥');
});
