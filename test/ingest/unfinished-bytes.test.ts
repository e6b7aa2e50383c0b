import { expect, it } from 'vitest';
import { UnfinishedBytes } from '../../src/lib/ingest/unfinished-bytes.js';

it('adds up what all hold, and forgets what is finished', () => {
  const budget = new UnfinishedBytes(1000);
  const [one, two] = [budget.open(() => {}), budget.open(() => {})];
  one.grow(300);
  two.grow(500);
  expect([budget.total, one.bytes, two.bytes]).toEqual([800, 300, 500]);
  one.finished();
  two.close();
  expect(budget.total).toBe(0);
});

it('cuts off the one that holds most, once, whoever passes the limit', () => {
  const cut: string[] = [];
  const budget = new UnfinishedBytes(1000);
  const small = budget.open(() => cut.push('small'));
  const large = budget.open(() => cut.push('large'));
  large.grow(900);
  small.grow(101);
  expect(cut).toEqual(['large']);
  expect(budget.total).toBe(101);
  small.grow(800);
  expect(cut).toEqual(['large']);
});
