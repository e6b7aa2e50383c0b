import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../src/lib/base/shell-word.js';

it('leaves a plain path as it is', () => {
  expect(shellWord('/srv/recordings/bench-1_20250601_140309')).toBe(
    '/srv/recordings/bench-1_20250601_140309',
  );
});

it.each(['', 'my videos', "it's", '$HOME', '`id`', '"', 'a\nb', '~', '*', 'a&b', '\\', 'Küche'])(
  'is one word to a shell: %j',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(
      text,
    );
  },
);
