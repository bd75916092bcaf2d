// What Node's parser accepts against the RFCs: these requests are refused.
import type { IncomingMessage } from 'node:http';
import { isHost } from '@fairlead/http1';
import type { Refusal } from './refusal.js';

/** For a `Host` field, or the authority of a target, that is not a host. */
export const BAD_HOST: Refusal = {
  statusCode: 400,
  message: 'Host must be a name or an address, and a port',
  isLast: true,
};

/**
 * Rejects what Node's parser accepts against RFC 9112: several or invalid Host fields (§3.2), other codings (§6.1); and
 * expectations that cannot be met (RFC 9110 §10.1.1).
 */
export function framingRefusal({ headers, rawHeaders, httpVersion }: IncomingMessage): Refusal | undefined {
  const hosts = countOf('host', rawHeaders);
  // Node's server does not ask for a Host where a request is upgraded.
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    return { statusCode: 400, message: 'a request must have one Host field', isLast: true };
  }
  // A target without an authority has an empty one.
  if (headers.host && !isHostText(headers.host)) return BAD_HOST;
  if (headers.expect !== undefined && httpVersion === '1.1' && !isContinueExpected(headers.expect)) {
    return { statusCode: 417, message: 'the only expectation that can be met is 100-continue' };
  }
  const coding = headers['transfer-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'chunked') return undefined;
  return {
    statusCode: 501,
    message: `unsupported transfer coding ${JSON.stringify(coding.slice(0, 100))}: only chunked is supported`,
    isLast: true,
  };
}

/** How often a raw header list has a field. */
export function countOf(lowerName: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) count++;
  }
  return count;
}

/** Whether an `Expect` field has this one only. Node takes every value for it that has it somewhere. */
function isContinueExpected(expectations: string): boolean {
  return expectations.split(',').every((expectation) => expectation.trim().toLowerCase() === '100-continue');
}

/** Whether a text is a host, and a port. */
export function isHostText(text: string): boolean {
  if (text === lastHost) return true;
  const isValid = isHost(Buffer.from(text, 'latin1'), 0, text.length);
  if (isValid) lastHost = text;
  return isValid;
}

/** Most requests have the same one. */
let lastHost = '';
