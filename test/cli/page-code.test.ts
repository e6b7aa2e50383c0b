import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { describePage, type PagesToShow } from '../../src/lib/cli/page-code.js';
import { qrCode } from '../../src/lib/cli/qr-code.js';

const URL = 'https://192.0.2.1:8765/camera?token=0123456789abcdef';

const MODULES: Readonly<Record<string, readonly [boolean, boolean]>> = {
  ' ': [false, false],
  '▄': [false, true],
  '▀': [true, false],
  '█': [true, true],
};

describe('a QR code on the terminal', () => {
  it('has every module where it belongs, and a quiet zone', () => {
    const lines = qrCode(URL, {});
    const rows = lines.flatMap((line) => {
      const pairs = [...line].map((block) => MODULES[block] ?? [true, true]);
      return [pairs.map(([upper]) => upper), pairs.map(([, lower]) => lower)];
    });
    const { data, size } = encode(URL, { border: 2, ecc: 'L' });
    expect(rows.slice(0, size)).toEqual(data);
    expect(
      rows
        .slice(size)
        .flat()
        .every((module) => !module),
    ).toBe(true);
    expect(rows.slice(0, 2).flat().some(Boolean)).toBe(false);
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThan(80);
  });

  it('is not drawn where the terminal would wrap it', () => {
    const { size } = encode(URL, { border: 2, ecc: 'L' });
    expect(qrCode(URL, { columns: size })).toEqual(qrCode(URL, {}));
    expect(qrCode(URL, { columns: size - 1 })).toEqual([
      `The QR code needs ${size} columns, and this terminal has ${size - 1}.`,
    ]);
  });

  it('is black on white whatever the colours of the terminal are', () => {
    const before = process.env['NO_COLOR'];
    delete process.env['NO_COLOR'];
    const lines = qrCode(URL, { isTTY: true });
    if (before !== undefined) process.env['NO_COLOR'] = before;
    expect(lines.every((line) => line.startsWith('\u001b[38;5;16;48;5;231m'))).toBe(true);
    expect(lines.every((line) => line.endsWith('\u001b[0m'))).toBe(true);
  });
});

describe('a page for people', () => {
  const pages: PagesToShow = {
    pages: [
      { camera: URL, monitor: 'https://192.0.2.1:8765/', interface: 'wlan0' },
      { camera: 'https://127.0.0.1/camera', monitor: 'https://127.0.0.1/', interface: 'lo' },
    ],
    tls: true,
    fingerprint: 'AA:BB',
    needsToken: true,
  };

  it('has its code, its addresses and the fingerprint', () => {
    const { lines, warnings } = describePage(pages, 'camera', {});
    expect(lines.slice(0, -4)).toEqual(qrCode(URL, {}));
    expect(lines.slice(-4)).toEqual([
      '',
      `${URL} (wlan0)`,
      'or https://127.0.0.1/camera (lo)',
      'certificate, SHA-256: AA:BB',
    ]);
    expect(warnings).toEqual([]);
  });

  it('warns of what will go wrong', () => {
    const plain = { ...pages, tls: false, fingerprint: null, needsToken: false };
    expect(describePage(plain, 'camera', {}).warnings.join()).toContain('--tls');
    expect(describePage(plain, 'monitor', {}).warnings.join()).toContain('--token-file');
  });
});
