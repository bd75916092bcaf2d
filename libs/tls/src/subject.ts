// The subject of a certificate as one line of ASCII, for a header field or a log.
import type { X509Certificate } from 'node:crypto';

/**
 * The subject as RFC 4514 writes it, such as `CN=Ann,O=Example`. Characters beyond printable ASCII are written as the
 * hexadecimal digits of their bytes in UTF-8 (`\C3\A9`).
 */
export function subjectOf({ subject }: Pick<X509Certificate, 'subject'>): string {
  // Node writes one attribute per line, the most general first, with special characters escaped as in RFC 2253.
  const attributes = subject.split('\n').filter((line) => line !== '');
  return attributes
    .toReversed()
    .join(',')
    .replaceAll(/[^\x20-\x7e]/gu, escaped);
}

function escaped(character: string): string {
  return Buffer.from(character)
    .toString('hex')
    .toUpperCase()
    .replaceAll(/../g, String.raw`\$&`);
}
