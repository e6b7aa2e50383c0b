/**
 * `/metrics` and `/healthz` on an address of their own, for those who watch over the machine.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CamrecError, errorMessage } from '../base/errors.js';
import { isWildcard } from './addresses.js';
import type { Metrics } from './metrics.js';

export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

export interface Health {
  /** `degraded`: it runs, and records nothing more at present. */
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly cameras: number;
  readonly recording: number;
  /** What is wrong, or null. */
  readonly trouble: string | null;
}

/** One scraper and a person or two; more are turned away. */
const MAX_CONNECTIONS = 32;

const REQUEST_TIMEOUT_MS = 5_000;

/** `127.0.0.1:9100`, `[::1]:9100`, `:9100` (this machine only) or `9100`. Throws USAGE. */
export function parseMetricsAddress(text: string): MetricsAddress {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^:\s]*):)?(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new CamrecError('USAGE', `"${text}" is not an address to listen on.`, {
      hint: 'Write it like 127.0.0.1:9100.',
    });
  }
  return { host: match[1]?.replace(/^\[|\]$/g, '') || '127.0.0.1', port };
}

/** Refuses for metrics the address on which phones are served. Throws USAGE. */
export function refuseServingAddress(metrics: MetricsAddress, serving: MetricsAddress): void {
  if (metrics.port === 0 || metrics.port !== serving.port) return;
  const overlap =
    metrics.host === serving.host || isWildcard(metrics.host) || isWildcard(serving.host);
  if (!overlap) return;
  throw new CamrecError(
    'USAGE',
    `Port ${metrics.port} is where phones connect, not for --metrics.`,
    {
      hint: 'Name two ports with --port and --metrics.',
    },
  );
}

export class MetricsServer {
  readonly #http: Server;
  readonly #address: MetricsAddress;

  constructor(address: MetricsAddress, metrics: Metrics, health: () => Health) {
    this.#address = address;
    this.#http = createServer(
      {
        headersTimeout: REQUEST_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: REQUEST_TIMEOUT_MS,
      },
      (request, response) => {
        const path = (request.url ?? '').split('?')[0];
        if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'GET\n');
        else if (path === '/healthz') answerHealth(response, health());
        else if (path === '/metrics') void answerMetrics(response, metrics);
        else answer(response, 404, '/metrics and /healthz are here.\n');
      },
    );
    this.#http.maxConnections = MAX_CONNECTIONS;
  }

  /** The port that is listened on. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Throws CONNECTION_FAILED. */
  async listen(): Promise<void> {
    const { host, port } = this.#address;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (error) =>
        reject(
          new CamrecError(
            'CONNECTION_FAILED',
            `Metrics cannot be shown on ${host}:${port}: ${errorMessage(error)}.`,
            { hint: 'Choose another address with --metrics.', cause: error },
          ),
        ),
      );
      this.#http.listen({ host, port }, resolve);
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await closed;
  }
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(text);
}

function answerHealth(response: ServerResponse, health: Health): void {
  const status = health.status === 'failing' ? 503 : 200;
  answer(response, status, `${JSON.stringify(health)}\n`, 'application/json');
}

async function answerMetrics(response: ServerResponse, metrics: Metrics): Promise<void> {
  try {
    answer(response, 200, await metrics.text(), metrics.contentType);
  } catch (error) {
    answer(response, 500, `${errorMessage(error)}\n`);
  }
}
