// Heads as bytes: what the balancer adds to those it forwards.
import type { ResponseHead } from '@fairlead/http1';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';
import { mayHaveLength, upgradeRequiredConnection } from '../headers/header-rules.js';
import type { ForwardedRequestHead } from './request-buffer.js';
import { DATE, TRAILER, UPGRADE, type ResponseRules } from './wire-fields.js';
import type { WriteBuffer } from './write-buffer.js';

/** A raw header list as lines. */
export function linesOf(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) lines += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return lines;
}

/** What the balancer adds to a response's own fields. */
export interface ResponseExtras {
  /** The request, whose id the response has. */
  readonly request: ForwardedRequestHead;
  /** Which of the response's own fields are forwarded. */
  readonly rules: ResponseRules;
  /** Raw header list of the balancer's own, mostly empty. */
  readonly own: readonly string[];
  /** Whether the client gets the body in chunks. */
  readonly isChunked: boolean;
  /** What becomes of the client's connection. */
  readonly tail: ResponseTail;
  /** For a response without `Date` (RFC 9110 §6.6.1). */
  readonly date: string;
}

/** Step 8, read the response head: appends it as the client gets it, with the empty line. `headBytes`: as it arrived. */
export function appendResponseHead(
  buffer: WriteBuffer,
  head: ResponseHead,
  headBytes: number,
  { request, rules, own, isChunked, tail, date }: ResponseExtras,
): void {
  const { fields } = head;
  const hasLength = mayHaveLength(head.statusCode);
  const isUnsized = !hasLength || head.hasPaddedLength;
  buffer.appendHead(head, headBytes, isUnsized ? rules.unsized : rules.sized);
  if (hasLength && head.hasPaddedLength) buffer.append(`Content-Length: ${head.contentLength}\r\n`);
  if (isChunked) {
    if (fields.placeOf(TRAILER) >= 0) buffer.append(`Trailer: ${fields.valueOf(TRAILER)}\r\n`);
    buffer.append('Transfer-Encoding: chunked\r\n');
  }
  request.appendIdLineTo(buffer);
  const isHttp10 = head.minorVersion === 0;
  if (own.length === 0 && fields.placeOf(DATE) >= 0) {
    const bytes = isHttp10 ? tail.bytesForHttp10 : tail.bytes;
    buffer.appendBytes(bytes, 0, bytes.length);
    return;
  }
  buffer.append(isHttp10 ? HTTP10_VIA_LINE : VIA_LINE);
  if (own.length > 0) buffer.append(linesOf(own));
  if (fields.placeOf(DATE) < 0) buffer.append(`Date: ${date}\r\n`);
  buffer.append(`${tail.connection}\r\n`);
}

/** The last lines of most responses, made once. */
export interface ResponseTail {
  /** What becomes of the client's connection, alone. */
  readonly connection: string;
  /** `Via`, the connection, the empty line. */
  readonly bytes: Buffer;
  /** The same after a response of HTTP/1.0. */
  readonly bytesForHttp10: Buffer;
}

const VIA_LINE = `Via: 1.1 ${VIA_PSEUDONYM}\r\n`;
const HTTP10_VIA_LINE = `Via: 1.0 ${VIA_PSEUDONYM}\r\n`;

function tailOf(connection: string): ResponseTail {
  const after = (via: string) => Buffer.from(`${via}${connection}\r\n`, 'latin1');
  return { connection, bytes: after(VIA_LINE), bytesForHttp10: after(HTTP10_VIA_LINE) };
}

/** The connection ends with this response. */
export const CLOSE_TAIL = tailOf('Connection: close\r\n');

/** Of a response that requires another protocol: it names it (RFC 9110 §15.5.22). */
function upgradeRequiredTail({ fields }: ResponseHead, isLast: boolean): ResponseTail {
  return tailOf(`Upgrade: ${fields.valueOf(UPGRADE)}\r\nConnection: ${upgradeRequiredConnection(!isLast)}\r\n`);
}

/** The end of a response's head. `kept`: of one after which the connection is kept. */
export function responseTail(head: ResponseHead, isLast: boolean, kept: ResponseTail): ResponseTail {
  if (head.statusCode === 426 && head.fields.placeOf(UPGRADE) >= 0) return upgradeRequiredTail(head, isLast);
  return isLast ? CLOSE_TAIL : kept;
}

/** The connection is kept for this many seconds without a request: a client that knows does not send one too late. */
export function keepAliveTail(seconds: number): ResponseTail {
  return tailOf(`Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(seconds)}\r\n`);
}
