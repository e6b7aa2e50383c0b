/**
 * The pages' API: sessions, start and stop. What a page asks of the daemon is what the command line asks of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import type { DaemonApi } from '../admin/daemon-api.js';
import { startCaptureSchema, stopCaptureSchema } from '../admin/schemas.js';
import type { SessionSummary } from '../base/session-summary.js';
import { listSessions, newestFirst } from '../storage/catalogue.js';
import type { Disk } from '../storage/disk.js';
import type { SummaryCache } from '../storage/summary-cache.js';
import { MAX_BODY_BYTES, MAX_SESSIONS } from './limits.js';
import { type Refusal, sendJson, sendRefusal } from './responses.js';
import { webSession } from './session-files.js';
import type { WebSessions } from './web-api.js';

const DEFAULT_SESSIONS = 50;

export interface ApiOptions {
  readonly api: DaemonApi;
  readonly disk: Disk;
}

export interface SessionsOptions extends ApiOptions {
  readonly summaries: SummaryCache;
}

/** Answers `GET /api/sessions?limit=N`: finished sessions and those that run, newest first. */
export async function sendSessions(
  { api, disk, summaries }: SessionsOptions,
  url: URL,
  response: ServerResponse,
): Promise<void> {
  const asked = Number(url.searchParams.get('limit') ?? DEFAULT_SESSIONS);
  const limit = Math.min(Math.max(1, Math.trunc(asked) || DEFAULT_SESSIONS), MAX_SESSIONS);
  const live = await api.liveSessions();
  const stored = await listSessions(disk, live.dir, { limit }, summaries.read);
  // What runs is known better by the daemon than by the manifest on disk. It has no id before that is durable.
  const opened = live.sessions.filter(({ id }) => id !== '');
  const sessions = new Map([...stored.sessions, ...opened].map((one) => [one.id, one]));
  sendSummaries(response, [...sessions.values()].sort(newestFirst).slice(0, limit));
}

/** Answers `POST /api/capture/start`: the parameters and the result of the admin channel's `capture.start`. */
export async function startCapture(
  { api }: ApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const params = await readJson(startCaptureSchema, request);
  if (!params.ok) sendRefusal(response, params.refusal);
  else sendJson(response, 200, await api.startCapture(params.value, () => {}));
}

/** Answers `POST /api/capture/stop`: the parameters of `capture.stop`, and the sessions. */
export async function stopCapture(
  { api }: ApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const params = await readJson(stopCaptureSchema, request);
  if (!params.ok) sendRefusal(response, params.refusal);
  else sendSummaries(response, (await api.stopCapture(params.value)).sessions);
}

function sendSummaries(response: ServerResponse, sessions: readonly SessionSummary[]): void {
  sendJson(response, 200, { sessions: sessions.map(webSession) } satisfies WebSessions);
}

type Body<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

function invalid(status: number, message: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { status, code: 'INPUT_INVALID', message } };
}

/** Only JSON that says it is: a form on another site cannot send that. */
async function readJson<S extends v.GenericSchema>(
  schema: S,
  request: IncomingMessage,
): Promise<Body<v.InferOutput<S>>> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return invalid(415, 'The body has to be application/json.');
  }
  const text = await readBody(request);
  if (text === undefined) return invalid(413, `The body is over ${MAX_BODY_BYTES} bytes.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return invalid(400, 'The body is not JSON.');
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return { ok: true, value: parsed.output };
  const [issue] = parsed.issues;
  return invalid(400, `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`);
}

/** The body of a request as text; nothing where it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
