import { networkInterfaces } from 'node:os';
import { beforeEach, expect, it, vi } from 'vitest';
import { cameraUrls } from '../../src/lib/daemon/addresses.js';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  networkInterfaces: vi.fn(),
}));

const address = (text: string, internal = false) =>
  text.includes(':')
    ? {
        address: text,
        internal,
        family: 'IPv6' as const,
        netmask: '',
        mac: '',
        cidr: null,
        scopeid: 0,
      }
    : { address: text, internal, family: 'IPv4' as const, netmask: '', mac: '', cidr: null };

beforeEach(() => {
  vi.mocked(networkInterfaces).mockReturnValue({
    lo: [address('127.0.0.1', true), address('::1', true)],
    eth0: [address('fe80::1'), address('192.0.2.7'), address('2001:db8::7')],
    wlan0: [address('FE80::2'), address('2001:db8::8')],
    tun0: [address('fe80::3')],
  });
});

it('names one address of each interface that phones reach, and that of this machine last', () => {
  expect(cameraUrls('0.0.0.0', 8765)).toEqual([
    { url: 'ws://192.0.2.7:8765/android-cam', interface: 'eth0' },
    { url: 'ws://127.0.0.1:8765/android-cam', interface: 'lo' },
  ]);
});

it('names no address that is of use on its own link alone', () => {
  expect(cameraUrls('::', 8765, 'wss')).toEqual([
    { url: 'wss://192.0.2.7:8765/android-cam', interface: 'eth0' },
    { url: 'wss://[2001:db8::8]:8765/android-cam', interface: 'wlan0' },
    { url: 'wss://127.0.0.1:8765/android-cam', interface: 'lo' },
  ]);
});
