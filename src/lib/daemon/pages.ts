/**
 * Where browsers find the pages of this daemon.
 */
import { X509Certificate } from 'node:crypto';
import type { DaemonPages } from '../admin/protocol.js';
import type { TlsIdentity } from '../ingest/http-listener.js';
import type { CameraUrl } from './addresses.js';

const PATHS = { camera: '/camera', monitor: '/' } as const;

/** The pages at the same addresses that cameras connect to. */
export function daemonPages(
  urls: readonly CameraUrl[],
  token: string | undefined,
  tls: TlsIdentity | undefined,
): DaemonPages {
  return {
    pages: urls.map(({ url, interface: name }) => ({
      camera: pageUrl(url, PATHS.camera, token),
      monitor: pageUrl(url, PATHS.monitor, token),
      interface: name ?? null,
    })),
    tls: tls !== undefined,
    fingerprint: tls === undefined ? null : new X509Certificate(tls.cert).fingerprint256,
    needsToken: token !== undefined,
  };
}

/** The monitor's address without the token: without one it answers this machine alone. */
export function monitorAddress({ pages, tls, needsToken }: DaemonPages, port: number): string {
  const [first] = pages;
  const scheme = tls ? 'https' : 'http';
  if (!needsToken || first === undefined) return `${scheme}://localhost:${port}/`;
  return new URL('/', first.monitor).href;
}

function pageUrl(cameraUrl: string, path: string, token: string | undefined): string {
  const url = new URL(path, cameraUrl.replace(/^ws/, 'http'));
  if (token !== undefined) url.searchParams.set('token', token);
  return url.href;
}
