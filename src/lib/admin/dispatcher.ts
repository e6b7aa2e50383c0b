/**
 * From the text of a request to the text of its answer: finds the method, checks the parameters, turns what is
 * thrown into an error object. Knows of no socket.
 */
import * as v from 'valibot';
import { CamrecError, errorMessage } from '../base/errors.js';
import {
  RPC,
  type RpcErrorObject,
  type RpcId,
  type RpcMessage,
  type RpcResponse,
  readRpcText,
  rpcError,
  rpcResult,
} from './json-rpc.js';

/** One method, its parameters already checked. `Context` is the caller's side of the connection. */
export interface RpcMethod<Context> {
  readonly params: v.GenericSchema;
  readonly handle: (params: unknown, context: Context, id: RpcId) => unknown;
}

/** Joins a schema and a handler of its output. */
export function rpcMethod<Context, Schema extends v.GenericSchema>(
  params: Schema,
  handle: (params: v.InferOutput<Schema>, context: Context, id: RpcId) => unknown,
): RpcMethod<Context> {
  // The handler is only ever called with what this schema gave out.
  return {
    params,
    handle: (output, context, id) => handle(output as v.InferOutput<Schema>, context, id),
  };
}

export type RpcMethods<Context> = ReadonlyMap<string, RpcMethod<Context>>;

/** Answers one text. Resolves with nothing where nothing is to be said. Never rejects. */
export async function dispatch<Context>(
  methods: RpcMethods<Context>,
  text: string,
  context: Context,
): Promise<string | undefined> {
  const read = readRpcText(text);
  if (read.kind === 'unreadable') {
    return JSON.stringify(rpcError(null, { code: RPC.parseError, message: 'Not JSON.' }));
  }
  if (read.kind === 'single') {
    const response = await answer(methods, read.message, context);
    return response && JSON.stringify(response);
  }
  const answers = await Promise.all(read.messages.map((one) => answer(methods, one, context)));
  const responses = answers.filter((response) => response !== undefined);
  return responses.length === 0 ? undefined : JSON.stringify(responses);
}

async function answer<Context>(
  methods: RpcMethods<Context>,
  message: RpcMessage,
  context: Context,
): Promise<RpcResponse | undefined> {
  switch (message.kind) {
    case 'request':
      return await call(methods, message.id, message.method, message.params, context);
    case 'notification':
      await call(methods, null, message.method, message.params, context);
      return undefined;
    case 'invalid':
      return rpcError(message.id, {
        code: RPC.invalidRequest,
        message: `Not a request: ${message.reason}.`,
      });
    case 'result':
    case 'error':
      return rpcError(message.id, {
        code: RPC.invalidRequest,
        message: 'An answer, and nothing was asked.',
      });
  }
}

async function call<Context>(
  methods: RpcMethods<Context>,
  id: RpcId,
  name: string,
  params: unknown,
  context: Context,
): Promise<RpcResponse> {
  const method = methods.get(name);
  if (method === undefined) {
    const message = `There is no method "${name.slice(0, 100)}".`;
    return rpcError(id, {
      code: RPC.methodNotFound,
      message,
      data: { methods: [...methods.keys()] },
    });
  }
  const parsed = v.safeParse(method.params, params);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const where = v.getDotPath(issue) ?? 'params';
    return rpcError(id, { code: RPC.invalidParams, message: `${where}: ${issue.message}` });
  }
  try {
    return rpcResult(id, await method.handle(parsed.output, context, id));
  } catch (error) {
    return rpcError(id, errorObject(error));
  }
}

/** Expected errors go over with their code and hint; of a defect only its sentence. */
function errorObject(error: unknown): RpcErrorObject {
  if (error instanceof CamrecError) {
    const data = { code: error.code, hint: error.hint ?? null, exitCode: error.exitCode };
    return { code: RPC.camrecError, message: error.message, data };
  }
  return { code: RPC.internalError, message: errorMessage(error), data: { code: 'INTERNAL' } };
}
