/**
 * The certificate of this machine's own making: made once, kept, and made anew before it runs out. Browsers warn of
 * it once; the fingerprint tells that it is the right one.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { ensureDirectory } from '../base/ensure-directory.js';
import { CamrecError, errorMessage } from '../base/errors.js';

const DAY_MS = 24 * 3600 * 1000;

/** The longest that Apple's systems accept. */
const VALID_MS = 820 * DAY_MS;

/** Made anew when less is left. */
const RENEW_MS = 30 * DAY_MS;

/** Clocks of phones may be a little behind. */
const BACKDATED_MS = DAY_MS;

export interface KeptCertificate {
  /** PEM. */
  readonly cert: Buffer;
  /** PEM. */
  readonly key: Buffer;
}

/** Where the certificate is kept. */
export function certificatePath(directory: string): string {
  return join(directory, 'tls-cert.pem');
}

/** The certificate kept in `directory`, made where there is none that serves. Throws DIRECTORY_UNUSABLE. */
export async function keptCertificate(directory: string, nowMs: number): Promise<KeptCertificate> {
  const certPath = certificatePath(directory);
  const keyPath = join(directory, 'tls-key.pem');
  try {
    const [cert, key] = await Promise.all([readFile(certPath), readFile(keyPath)]);
    if (serves(cert, key, nowMs)) return { cert, key };
  } catch {
    // None yet, or one that cannot be read: another is made.
  }
  const made = await makeCertificate(nowMs);
  try {
    await ensureDirectory(directory);
    await keep(keyPath, made.key);
    await keep(certPath, made.cert);
  } catch (error) {
    const message = `cannot keep a certificate in ${directory}: ${errorMessage(error)}`;
    const hint = 'Set CAMREC_DATA_DIR to a directory that you may write to.';
    throw new CamrecError('DIRECTORY_UNUSABLE', message, { hint, cause: error });
  }
  return made;
}

function serves(cert: Buffer, key: Buffer, nowMs: number): boolean {
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) return false;
  return Date.parse(certificate.validTo) - nowMs > RENEW_MS;
}

async function makeCertificate(nowMs: number): Promise<KeptCertificate> {
  // Large, and needed once in two years.
  const { generate } = await import('selfsigned');
  const host = hostname();
  const names = [...new Set(['localhost', host, `${host}.local`])];
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    // A zone belongs to this machine alone and cannot stand in a certificate.
    .map(({ address }) => address.replace(/%.*$/, ''));
  const { cert, private: key } = await generate(
    [{ name: 'commonName', value: `camrec on ${host}` }],
    {
      keyType: 'ec',
      curve: 'P-256',
      algorithm: 'sha256',
      notBeforeDate: new Date(nowMs - BACKDATED_MS),
      notAfterDate: new Date(nowMs - BACKDATED_MS + VALID_MS),
      extensions: [
        // Whoever trusts it trusts this server, and nothing that it could sign.
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            ...names.map((value) => ({ type: 2 as const, value })),
            ...[...new Set(addresses)].map((ip) => ({ type: 7 as const, ip })),
          ],
        },
      ],
    },
  );
  return { cert: Buffer.from(cert), key: Buffer.from(key) };
}

/** Never half a file under its name. */
async function keep(path: string, pem: Buffer): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  await writeFile(beside, pem, { mode: 0o600 });
  await rename(beside, path);
}
