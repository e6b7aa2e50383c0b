/**
 * Asking the daemon over HTTP.
 */
import type { WebError } from '../lib/web/web-api.js';

/** What the daemon answers where it refuses: a sentence for the person, and what to do. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}

/** Time for the server to answer why it takes no WebSocket. */
const EXPLAIN_TIMEOUT_MS = 5_000;

/** Gets JSON. Throws ServerError, or TypeError where the daemon does not answer. */
export async function get<T>(path: string): Promise<T> {
  return await answerOf<T>(await fetch(path));
}

/** Posts JSON and gets JSON. Throws as `get` does. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'Content-Type': 'application/json' };
  return await answerOf<T>(
    await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }),
  );
}

/** Asks whether there is something to get. Throws as `get` does. */
export async function head(path: string): Promise<void> {
  const response = await fetch(path, { method: 'HEAD' });
  if (response.ok) return;
  const { status, statusText } = response;
  throw new ServerError(`The server does not hand it out: ${status} ${statusText}.`);
}

/** Nothing is checked here: page and daemon come from the same package. */
async function answerOf<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  let message = `${response.status} ${response.statusText}`;
  try {
    const { error } = (await response.json()) as WebError;
    const advice = error.code === 'TOKEN_NEEDED' ? 'Load this page anew to enter it.' : error.hint;
    message = [error.message, advice].filter(Boolean).join(' ');
  } catch {
    // Not from the daemon: the status has to do.
  }
  throw new ServerError(message);
}

/** A failure as a sentence for the person. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ServerError) return error.message;
  return 'The server does not answer. Is camrec serve still running?';
}

/** Why the server takes no WebSocket of this page, as a sentence: browsers do not say. */
export async function whyNoSocket(): Promise<string> {
  try {
    const signal = AbortSignal.timeout(EXPLAIN_TIMEOUT_MS);
    await answerOf(await fetch('/api/clock', { signal }));
  } catch (error) {
    return sentenceOf(error);
  }
  return 'The server answers, but takes no further connection of this page: too many are open, or this browser does not trust the certificate for it.';
}

/** Takes the token out of the address bar: the cookie carries it from now on. */
export function hideToken(): void {
  const url = new URL(location.href);
  if (!url.searchParams.has('token')) return;
  url.searchParams.delete('token');
  history.replaceState(null, '', url);
}
