/**
 * The certificate that the port is served with: the operator's own, or one that is made once and kept.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CamrecError, errorMessage } from '../base/errors.js';
import type { TlsIdentity } from '../ingest/http-listener.js';
import { keptCertificate } from '../web/self-signed.js';

export interface TlsChoice {
  /** TLS is wanted; without files of the operator's, with a certificate of our own making. */
  readonly tls: boolean;
  /** PEM files; both or none. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** Where a certificate of our own making is kept. */
  readonly dataDirectory: string;
}

/** Loads or makes the certificate. Throws USAGE, FILE_NOT_FOUND, INPUT_INVALID, DIRECTORY_UNUSABLE. */
export async function loadTls(choice: TlsChoice, nowMs: number): Promise<TlsIdentity | undefined> {
  const { tls, certFile, keyFile, dataDirectory } = choice;
  if (certFile !== undefined && keyFile !== undefined)
    return await ownCertificate(certFile, keyFile);
  if (certFile !== undefined || keyFile !== undefined) {
    throw new CamrecError('USAGE', '--tls-cert and --tls-key belong together.', {
      hint: 'Give both, or --tls alone for a certificate that is made for you.',
    });
  }
  if (!tls) return undefined;
  return await keptCertificate(dataDirectory, nowMs);
}

async function ownCertificate(certFile: string, keyFile: string): Promise<TlsIdentity> {
  const [cert, key] = await Promise.all([readPem(certFile), readPem(keyFile)]);
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    const message = `${certFile} and ${keyFile} are no certificate and key: ${errorMessage(error)}`;
    throw new CamrecError('INPUT_INVALID', message, {
      hint: 'Both have to be PEM, the key without a passphrase.',
      cause: error,
    });
  }
  if (fits) return { cert, key };
  throw new CamrecError('INPUT_INVALID', `${keyFile} is not the key of ${certFile}.`, {
    hint: 'Give the files that were made together.',
  });
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CamrecError(
      'FILE_NOT_FOUND',
      `The file ${path} cannot be read: ${errorMessage(error)}.`,
      {
        hint: '--tls-cert and --tls-key name PEM files; --tls alone makes a certificate for you.',
        cause: error,
      },
    );
  }
}
