/**
 * JSON-RPC 2.0 messages: reading what a peer sent, writing what we answer. Sections refer to the specification.
 */

/** Section 5.1, and one code of ours for every CamrecError (its own code stands in `data`). */
export const RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  camrecError: -32000,
} as const;

/** Most requests in one batch. */
export const MAX_BATCH = 50;

export type RpcId = string | number | null;

export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export type RpcResponse =
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly error: RpcErrorObject };

/** What one incoming object is. */
export type RpcMessage =
  | {
      readonly kind: 'request';
      readonly id: RpcId;
      readonly method: string;
      readonly params: unknown;
    }
  /** Section 4.1: a request without `id`, never answered. */
  | { readonly kind: 'notification'; readonly method: string; readonly params: unknown }
  | { readonly kind: 'result'; readonly id: RpcId; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: RpcId; readonly error: RpcErrorObject }
  | { readonly kind: 'invalid'; readonly id: RpcId; readonly reason: string };

/** What one text is: not JSON, one message, or a batch of them (section 6). */
export type RpcText =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'single'; readonly message: RpcMessage }
  | { readonly kind: 'batch'; readonly messages: readonly RpcMessage[] };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is RpcId {
  return value === null || typeof value === 'string' || typeof value === 'number';
}

function readMessage(value: unknown): RpcMessage {
  if (!isObject(value)) return { kind: 'invalid', id: null, reason: 'not an object' };
  const id = isId(value['id']) ? value['id'] : null;
  if (value['jsonrpc'] !== '2.0') return { kind: 'invalid', id, reason: '"jsonrpc" is not "2.0"' };
  if ('id' in value && !isId(value['id'])) {
    return { kind: 'invalid', id: null, reason: '"id" is neither a string nor a number' };
  }
  const { method, params, error } = value;
  if (typeof method === 'string') {
    return 'id' in value
      ? { kind: 'request', id, method, params }
      : { kind: 'notification', method, params };
  }
  if ('result' in value) return { kind: 'result', id, result: value['result'] };
  if (
    isObject(error) &&
    typeof error['code'] === 'number' &&
    typeof error['message'] === 'string'
  ) {
    const { code, message, data } = error;
    return { kind: 'error', id, error: { code, message, data } };
  }
  return { kind: 'invalid', id, reason: '"method" is missing' };
}

/** Reads one text. Never throws. */
export function readRpcText(text: string): RpcText {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'unreadable' };
  }
  if (!Array.isArray(json)) return { kind: 'single', message: readMessage(json) };
  if (json.length === 0 || json.length > MAX_BATCH) {
    const reason = json.length === 0 ? 'an empty batch' : `a batch of more than ${MAX_BATCH}`;
    return { kind: 'single', message: { kind: 'invalid', id: null, reason } };
  }
  return { kind: 'batch', messages: json.map(readMessage) };
}

/** The id that an answer to a text has to bear, of whatever it is; nothing where there is nothing to answer. */
export function answerId(text: string): RpcId | undefined {
  const read = readRpcText(text);
  if (read.kind !== 'single') return null;
  return read.message.kind === 'notification' ? undefined : read.message.id;
}

/** The answer to a call that worked (5). A result that is nothing is sent as null, since one is required. */
export function rpcResult(id: RpcId, result: unknown): RpcResponse {
  return { jsonrpc: '2.0', id, result: result ?? null };
}

/** The answer to a call that did not work (5.1). */
export function rpcError(id: RpcId, error: RpcErrorObject): RpcResponse {
  return { jsonrpc: '2.0', id, error };
}

/** A call, as one message (4). */
export function rpcRequest(id: RpcId, method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

/** A message that nobody answers (4.1). */
export function rpcNotification(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}
