// Parses the values of the fields that decide where a message ends: Content-Length, Transfer-Encoding and Connection.
import { HTAB, SP, bytesOf, equalsIgnoringCase } from './bytes.js';

/** Maximum digits of a supported length: 15 are exact in a JavaScript number. */
const MAX_LENGTH_DIGITS = 15;
const ZERO = 0x30;
const CLOSE_TOKEN = bytesOf('close');
const KEEP_ALIVE_TOKEN = bytesOf('keep-alive');

/** Parses the decimal digits in `bytes` from `start` to before `end`. Returns -1 for anything else. */
export function parseWholeNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > MAX_LENGTH_DIGITS) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Parses the value of a `Content-Length` field. Returns -1 for anything but one number of at most 15 digits. */
export function parseContentLength(value: string): number {
  return parseWholeNumber(Buffer.from(value, 'latin1'), 0, value.length);
}

/** The option of a `Connection` field, if it is one of the two of RFC 9112 §9.3. */
export type ConnectionOption = 'close' | 'keep-alive' | 'other';

/** Parses the single option in `bytes` from `start` to before `end`. */
export function parseConnectionOption(bytes: Uint8Array, start: number, end: number): ConnectionOption {
  if (equalsIgnoringCase(bytes, start, end, KEEP_ALIVE_TOKEN)) return 'keep-alive';
  return equalsIgnoringCase(bytes, start, end, CLOSE_TOKEN) ? 'close' : 'other';
}

/** Whether the last of the codings is `chunked`, and no other one is (RFC 9112 §6.1). */
export function endsInChunked(codings: string): boolean {
  const names = codings.split(',').map((name) => trimBlanks(name).toLowerCase());
  return names.indexOf('chunked') === names.length - 1;
}

/** Without spaces and tabs at both ends: other whitespace is not optional in HTTP (RFC 9110 §5.6.3). */
export function trimBlanks(text: string): string {
  const isBlank = (at: number) => text.charCodeAt(at) === SP || text.charCodeAt(at) === HTAB;
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(start)) start++;
  while (end > start && isBlank(end - 1)) end--;
  return text.slice(start, end);
}
