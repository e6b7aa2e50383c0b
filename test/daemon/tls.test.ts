import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cameraUrls } from '../../src/lib/daemon/addresses.js';
import { daemonPages, monitorAddress } from '../../src/lib/daemon/pages.js';
import { loadTls, type TlsChoice } from '../../src/lib/daemon/tls.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

async function choice(more: Partial<TlsChoice> = {}): Promise<TlsChoice> {
  const dataDirectory = await temporaryDirectory();
  return { tls: false, certFile: undefined, keyFile: undefined, dataDirectory, ...more };
}

/** A certificate and its key, in files. */
async function files(): Promise<{ certFile: string; keyFile: string }> {
  const dataDirectory = await temporaryDirectory();
  await loadTls(await choice({ tls: true, dataDirectory }), Date.now());
  return {
    certFile: join(dataDirectory, 'tls-cert.pem'),
    keyFile: join(dataDirectory, 'tls-key.pem'),
  };
}

describe('loadTls', () => {
  it('is nothing unless it is wanted', async () => {
    expect(await loadTls(await choice(), Date.now())).toBeUndefined();
  });

  it("takes the operator's own certificate, also without --tls", async () => {
    const own = await files();
    const loaded = await loadTls(await choice(own), Date.now());
    expect(loaded?.cert.toString()).toContain('BEGIN CERTIFICATE');
    expect(loaded?.key.toString()).toContain('PRIVATE KEY');
  });

  it('says what is wrong with the files', async () => {
    const own = await files();
    const other = await files();
    const rubbish = join(await temporaryDirectory(), 'rubbish.pem');
    await writeFile(rubbish, 'rubbish');
    const codeOf = async (more: Partial<TlsChoice>) =>
      await loadTls(await choice(more), Date.now()).catch((error) => error.code);
    expect(await codeOf({ certFile: own.certFile })).toBe('USAGE');
    expect(await codeOf({ ...own, keyFile: other.keyFile })).toBe('INPUT_INVALID');
    expect(await codeOf({ ...own, certFile: rubbish })).toBe('INPUT_INVALID');
    expect(await codeOf({ ...own, keyFile: `${rubbish}.gone` })).toBe('FILE_NOT_FOUND');
  });
});

describe('daemonPages', () => {
  it('are where the cameras connect, with the token', () => {
    expect(daemonPages(cameraUrls('192.0.2.1', 8765), 'a b&c', undefined)).toEqual({
      pages: [
        {
          camera: 'http://192.0.2.1:8765/camera?token=a+b%26c',
          monitor: 'http://192.0.2.1:8765/?token=a+b%26c',
          interface: null,
        },
      ],
      tls: false,
      fingerprint: null,
      needsToken: true,
    });
  });

  it('are told without the token where everybody can read', () => {
    const pages = daemonPages(cameraUrls('192.0.2.1', 8765), 'secret', undefined);
    expect(monitorAddress(pages, 8765)).toBe('http://192.0.2.1:8765/');
  });

  it('are https under TLS, with the fingerprint that browsers show', async () => {
    const tls = await loadTls(await choice({ tls: true }), Date.now());
    const pages = daemonPages(cameraUrls('::1', 8765, 'wss'), undefined, tls);
    expect(pages.pages).toMatchObject([{ camera: 'https://[::1]:8765/camera' }]);
    expect(pages).toMatchObject({ tls: true, needsToken: false });
    expect(monitorAddress(pages, 8765)).toBe('https://localhost:8765/');
    expect(pages.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });
});
