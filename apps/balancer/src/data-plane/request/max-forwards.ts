// `Max-Forwards` (RFC 9110 §7.6.2): how many more recipients may forward an OPTIONS. TRACE is refused in any case, and with
// other methods the field has no meaning.
import type { IncomingMessage } from 'node:http';
import { countOf } from './framing-refusal.js';
import type { Refusal } from './refusal.js';
import { OWN_RESPONSE } from './target.js';

const FIELD = 'max-forwards';
/** More than any request is forwarded. */
const MAX_SENT = 999_999_999;

/** Counts this forwarding down. Returns a response when the request is not to be forwarded. */
export function countForwarding({ method, headers, rawHeaders }: IncomingMessage): Refusal | undefined {
  const field = headers[FIELD];
  if (method !== 'OPTIONS' || field === undefined) return undefined;
  if (typeof field !== 'string' || !/^\d+$/.test(field) || countOf(FIELD, rawHeaders) > 1) {
    return { statusCode: 400, message: 'there may be one Max-Forwards, a whole number' };
  }
  const forwards = Number(field);
  if (forwards === 0) return OWN_RESPONSE;
  const fieldAt = rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === FIELD);
  rawHeaders[fieldAt + 1] = String(Math.min(forwards - 1, MAX_SENT));
  return undefined;
}
