/**
 * Asking the daemon over HTTP.
 */
import type { WebError } from '../lib/web/web-api.js';

/** What the daemon answers where it refuses: a sentence for the person, and what to do. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}

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

/** Nothing is checked here: page and daemon come from the same package. */
async function answerOf<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  let message = `${response.status} ${response.statusText}`;
  try {
    const { error } = (await response.json()) as WebError;
    message = [error.message, error.hint].filter(Boolean).join(' ');
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

/** Takes the token out of the address bar: the cookie carries it from now on. */
export function hideToken(): void {
  const url = new URL(location.href);
  if (!url.searchParams.has('token')) return;
  url.searchParams.delete('token');
  history.replaceState(null, '', url);
}
