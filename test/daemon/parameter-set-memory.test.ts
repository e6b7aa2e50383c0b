import { expect, it } from 'vitest';
import { ParameterSetMemory } from '../../src/lib/daemon/parameter-set-memory.js';

const sets = [Buffer.of(0x67, 1), Buffer.of(0x68, 2)];

it('knows what each name sent last', () => {
  const memory = new ParameterSetMemory();
  expect(memory.recall('bench')).toEqual([]);
  memory.remember('bench', [Buffer.of(0x67, 9)]);
  memory.remember('other', []);
  memory.remember('bench', sets);
  expect(memory.recall('bench')).toEqual(sets);
});

it('keeps no more than 64 KiB of a name, and nothing old instead', () => {
  const memory = new ParameterSetMemory();
  const most = [Buffer.alloc(40 * 1024), Buffer.alloc(24 * 1024)];
  memory.remember('bench', most);
  expect(memory.recall('bench')).toEqual(most);
  memory.remember('bench', [...most, Buffer.of(0x68)]);
  expect(memory.recall('bench')).toEqual([]);
});

it('keeps a thousand names, and forgets the one that has not recorded for longest', () => {
  const memory = new ParameterSetMemory();
  for (let n = 0; n < 1_000; n += 1) memory.remember(`phone-${n}`, sets);
  memory.remember('phone-0', sets);
  memory.remember('one more', sets);
  expect(memory.recall('phone-0')).toEqual(sets);
  expect(memory.recall('one more')).toEqual(sets);
  expect(memory.recall('phone-1')).toEqual([]);
  expect(memory.recall('phone-2')).toEqual(sets);
});
