import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { dispatch, rpcMethod } from '../../src/lib/admin/dispatcher.js';
import { MAX_BATCH, readRpcText } from '../../src/lib/admin/json-rpc.js';
import { CamrecError } from '../../src/lib/base/errors.js';

const notified: unknown[] = [];

const methods = new Map(
  Object.entries({
    subtract: rpcMethod(
      v.strictObject({ minuend: v.number(), subtrahend: v.number() }),
      ({ minuend, subtrahend }) => minuend - subtrahend,
    ),
    note: rpcMethod(v.unknown(), (params) => void notified.push(params)),
    refuse: rpcMethod(v.optional(v.unknown()), () => {
      throw new CamrecError('NO_CAMERA', 'No phone is connected.', { hint: 'Connect one.' });
    }),
    break: rpcMethod(v.optional(v.unknown()), () => Promise.reject(new TypeError('a defect'))),
  }),
);

async function answer(request: unknown): Promise<unknown> {
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  const response = await dispatch(methods, text, undefined);
  return response === undefined ? undefined : JSON.parse(response);
}

const subtract = (id: unknown, minuend: unknown, subtrahend: unknown) => ({
  jsonrpc: '2.0',
  id,
  method: 'subtract',
  params: { minuend, subtrahend },
});

describe('the examples of the specification (section 7)', () => {
  it('a call with parameters by name', async () => {
    expect(await answer(subtract(3, 42, 23))).toEqual({ jsonrpc: '2.0', id: 3, result: 19 });
  });

  it('a notification is not answered', async () => {
    expect(await answer({ jsonrpc: '2.0', method: 'note', params: [1] })).toBeUndefined();
    expect(await answer({ jsonrpc: '2.0', method: 'unknown' })).toBeUndefined();
    expect(notified).toEqual([[1]]);
  });

  it.each([
    ['a method that is not there', { jsonrpc: '2.0', id: '1', method: 'foobar' }, '1', -32601],
    ['invalid JSON', '{"jsonrpc": "2.0", "method": "foobar, "params": "bar"]', null, -32700],
    ['an invalid request', { jsonrpc: '2.0', method: 1, params: 'bar' }, null, -32600],
    ['an invalid batch', '[{"jsonrpc": "2.0", "method"', null, -32700],
    ['an empty batch', [], null, -32600],
    ['a version that is not 2.0', { id: 4, method: 'subtract' }, 4, -32600],
    ['an id that is none', { jsonrpc: '2.0', id: {}, method: 'subtract' }, null, -32600],
    [
      'parameters by position',
      { jsonrpc: '2.0', id: 5, method: 'subtract', params: [2, 1] },
      5,
      -32602,
    ],
    ['an answer', { jsonrpc: '2.0', id: 6, result: 1 }, 6, -32600],
    ['text', 'hello', null, -32700],
    ['a number', 7, null, -32600],
  ])('%s', async (_name, request, id, code) => {
    expect(await answer(request)).toMatchObject({ jsonrpc: '2.0', id, error: { code } });
  });

  it('a batch is answered by a batch, invalid entries included', async () => {
    const batch = [1, subtract('2', 5, 3), { jsonrpc: '2.0', method: 'note' }, { foo: 'boo' }];
    expect(await answer(batch)).toEqual([
      expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) }),
      { jsonrpc: '2.0', id: '2', result: 2 },
      expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) }),
    ]);
  });

  it('a batch of notifications is not answered', async () => {
    expect(await answer([{ jsonrpc: '2.0', method: 'note' }])).toBeUndefined();
  });

  it('a batch has an end', () => {
    const batch = Array.from({ length: MAX_BATCH + 1 }, () => subtract(1, 1, 1));
    expect(readRpcText(JSON.stringify(batch))).toMatchObject({
      kind: 'single',
      message: { kind: 'invalid' },
    });
  });
});

describe('what a method throws', () => {
  it('goes over with its code and hint where it was expected', async () => {
    expect(await answer({ jsonrpc: '2.0', id: 1, method: 'refuse' })).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: -32000,
        message: 'No phone is connected.',
        data: { code: 'NO_CAMERA', hint: 'Connect one.', exitCode: 4 },
      },
    });
  });

  it('is an internal error otherwise', async () => {
    expect(await answer({ jsonrpc: '2.0', id: 1, method: 'break' })).toMatchObject({
      error: { code: -32603, message: 'a defect', data: { code: 'INTERNAL' } },
    });
  });

  it('parameters are named in the refusal', async () => {
    expect(await answer(subtract(1, 'x', 1))).toMatchObject({
      error: { code: -32602, message: expect.stringMatching(/^minuend: /) },
    });
  });
});
