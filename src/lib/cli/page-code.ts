/**
 * A page of the daemon for people: its QR code, its addresses, and what they should know before they open it.
 */
import { type QrCodeStream, qrCode } from './qr-code.js';

/** What is told of the pages; `DaemonPages` of the admin protocol. */
export interface PagesToShow {
  readonly pages: readonly {
    readonly camera: string;
    readonly monitor: string;
    readonly interface: string | null;
  }[];
  readonly tls: boolean;
  readonly fingerprint: string | null;
  readonly needsToken: boolean;
}

export interface PageCode {
  readonly lines: readonly string[];
  /** What will go wrong, and what to do. */
  readonly warnings: readonly string[];
}

/** Lays out one page for a stream. */
export function describePage(
  { pages, tls, fingerprint, needsToken }: PagesToShow,
  page: 'camera' | 'monitor',
  stream: QrCodeStream,
): PageCode {
  const urls = pages.map((one) => ({ url: one[page], via: one.interface }));
  const [first, ...others] = urls;
  const named = ({ url, via }: { url: string; via: string | null }) =>
    via === null ? url : `${url} (${via})`;
  const lines = first === undefined ? [] : [...qrCode(first.url, stream), '', named(first)];
  for (const other of others) lines.push(`or ${named(other)}`);
  if (fingerprint !== null) lines.push(`certificate, SHA-256: ${fingerprint}`);
  const warnings: string[] = [];
  if (page === 'camera' && !tls) {
    warnings.push('Browsers film only over https: start the daemon with --tls.');
  }
  if (page === 'monitor' && !needsToken) {
    warnings.push(
      'Without a token the monitor answers this machine alone: start the daemon with --token-file.',
    );
  }
  return { lines, warnings };
}
