/**
 * The addresses that phones can reach this machine by.
 */
import { networkInterfaces } from 'node:os';

/** The customary path; any other works as well. */
const CAMERA_PATH = '/android-cam';

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/** Whether listening on this address means every address of the machine. */
export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host);
}

export interface CameraUrl {
  readonly url: string;
  /** The network interface, such as `wlan0`; nothing for an address that was named. */
  readonly interface: string | undefined;
}

/** The URLs for phones, one per network interface; the loopback one last, for cameras on this machine. */
export function cameraUrls(host: string, port: number, scheme: 'ws' | 'wss' = 'ws'): CameraUrl[] {
  const url = (address: string) => {
    const authority = address.includes(':') ? `[${address}]` : address;
    return `${scheme}://${authority}:${port}${CAMERA_PATH}`;
  };
  if (!isWildcard(host)) return [{ url: url(host), interface: undefined }];
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, addresses]) => {
    const reachable = (addresses ?? []).filter(
      ({ family, address }) =>
        family === 'IPv4' || (host === '::' && !address.toLowerCase().startsWith('fe80:')),
    );
    const [first] = reachable;
    return first === undefined ? [] : [{ name, address: first.address, internal: first.internal }];
  });
  return interfaces
    .sort((a, b) => Number(a.internal) - Number(b.internal))
    .map(({ name, address }) => ({ url: url(address), interface: name }));
}
