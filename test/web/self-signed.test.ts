import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificatePath, keptCertificate } from '../../src/lib/web/self-signed.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const DAY_MS = 24 * 3600 * 1000;

describe('keptCertificate', () => {
  it('makes a certificate of this machine, for nobody else to read', async () => {
    const directory = join(await temporaryDirectory(), 'new', 'place');
    const { cert, key } = await keptCertificate(directory, Date.now());
    const certificate = new X509Certificate(cert);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.subjectAltName).toContain('DNS:localhost');
    expect(certificate.subjectAltName).toContain('IP Address:127.0.0.1');
    const days = (Date.parse(certificate.validTo) - Date.now()) / DAY_MS;
    expect(days).toBeGreaterThan(800);
    expect(days).toBeLessThan(825);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(directory)) {
      expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('keeps it until shortly before it runs out', async () => {
    const directory = await temporaryDirectory();
    const now = Date.now();
    const first = await keptCertificate(directory, now);
    expect(await keptCertificate(directory, now + 700 * DAY_MS)).toEqual(first);
    const next = await keptCertificate(directory, now + 800 * DAY_MS);
    expect(next.cert).not.toEqual(first.cert);
    expect(await keptCertificate(directory, now + 801 * DAY_MS)).toEqual(next);
  });

  it.each(['', 'no certificate'])('replaces %j', async (rubbish) => {
    const directory = await temporaryDirectory();
    const first = await keptCertificate(directory, Date.now());
    await writeFile(certificatePath(directory), rubbish);
    const next = await keptCertificate(directory, Date.now());
    expect(next.cert).not.toEqual(first.cert);
    expect(await keptCertificate(directory, Date.now())).toEqual(next);
  });

  it('replaces a certificate whose key is another', async () => {
    const [directory, other] = [await temporaryDirectory(), await temporaryDirectory()];
    await keptCertificate(directory, Date.now());
    const { key } = await keptCertificate(other, Date.now());
    await writeFile(join(directory, 'tls-key.pem'), key);
    const { cert, key: present } = await keptCertificate(directory, Date.now());
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(present))).toBe(true);
  });

  it('says where it cannot be kept', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    await expect(keptCertificate(file, Date.now())).rejects.toMatchObject({
      code: 'DIRECTORY_UNUSABLE',
    });
  });

  it.skipIf(process.platform !== 'linux')('says so where no directory can be', async () => {
    const kept = keptCertificate('/proc/nope/tls', Date.now());
    await expect(kept).rejects.toMatchObject({ code: 'DIRECTORY_UNUSABLE' });
  });
});
