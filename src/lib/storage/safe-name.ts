/**
 * Turns what a peer calls itself into a name that is safe in every file system.
 */

/** Longest name that is kept. */
export const MAX_NAME_CHARS = 64;

/** Names that Windows keeps for devices, with or without an extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * Letters, digits, `.`, `-` and `_` stay, everything else becomes `-`; no leading dot or dash, no trailing dot,
 * no reserved name, at most 64 characters. Empty when nothing is left.
 */
export function safeName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, MAX_NAME_CHARS)
    .replace(/^[.-]+|[.-]+$/g, '');
  return RESERVED.test(plain) ? `_${plain}`.slice(0, MAX_NAME_CHARS) : plain;
}

/** `<ip>_<port>` with `::ffff:` unwrapped and the colons of IPv6 replaced. */
export function clientName(address: string, port: number): string {
  const ip = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  return `${safeName(ip.replaceAll(':', '-').replaceAll('%', '-')) || 'unknown'}_${port}`;
}
