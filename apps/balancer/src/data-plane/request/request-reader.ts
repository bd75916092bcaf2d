// Reads from a client's request what every lane needs before it is placed, or rejects the request.
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { AffinityKeyReader } from '../../placement/affinity-key.js';
import { BadDemandError, DemandClassifier, type ClassifiableRequest } from '../../placement/demand-classifier.js';
import { TrustedClients, addressOf } from './client-address.js';
import type { PlacedRequest } from '../exchange/exchange.js';
import { hasPassedThrough } from '../headers/header-rules.js';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';

/** The response of the balancer itself to a request that it does not forward. */
export interface Refusal {
  readonly statusCode: number;
  readonly message: string;
  /** Whether the connection ends with it: the next recipient might find another end of the request. */
  readonly isLast?: true;
}

/** What is known of a request before it is placed. */
export interface ReadRequest extends PlacedRequest {
  readonly isTrusted: boolean;
  /** Whether the response is to have `Fairlead-Placement`: a trusted client asked for it. */
  readonly wantsPlacement: boolean;
}

/** A request with valid framing, as any lane reads it. */
export interface RequestFacts extends ClassifiableRequest {
  readonly client: string;
}

const LOOP: Refusal = {
  statusCode: 508,
  message: 'the request came back to the balancer: one of its backends leads to it',
};

@Injectable()
export class RequestReader {
  private readonly trustedClients: TrustedClients;

  constructor(
    private readonly classifier: DemandClassifier,
    private readonly affinity: AffinityKeyReader,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.trustedClients = new TrustedClients(config.TRUSTED_CLIENTS);
  }

  /** Reads a request of Node's parser, or rejects it. Changes a target in absolute-form to origin-form. */
  read(request: IncomingMessage): ReadRequest | Refusal {
    const refusal = framingRefusal(request) ?? normalizeTarget(request);
    if (refusal) return refusal;
    const { headers, method = 'GET', url: target = '/' } = request;
    const client = addressOf(request.socket);
    const isTrusted = this.isTrusted(client);
    const bodyBytes = Number(headers['content-length'] ?? 0);
    const field = (name: string) => headers[name]?.toString();
    return this.readFramed({ client, isTrusted, method, target, bodyBytes, field });
  }

  /** Whether a client's demand headers and forwarding headers are trusted. */
  isTrusted(client: string): boolean {
    return this.trustedClients.includes(client);
  }

  /** Step 3, read and refuse: reads a request with valid framing, or rejects it. */
  readFramed(request: RequestFacts): ReadRequest | Refusal {
    const { client, isTrusted, method, target, field } = request;
    if (hasPassedThrough(field('via'), VIA_PSEUDONYM)) return LOOP;
    try {
      const { demand, classId } = this.classifier.classify(request);
      const affinity = this.affinity.of(request);
      const wantsPlacement = isTrusted && field('fairlead-explain') === '1';
      return { client, isTrusted, wantsPlacement, method, target, demand, classId, affinity };
    } catch (error) {
      if (error instanceof BadDemandError) return { statusCode: 400, message: error.message };
      throw error;
    }
  }
}

/** Whether the request was rejected. */
export function isRefusal(read: ReadRequest | Refusal): read is Refusal {
  return 'statusCode' in read;
}

/** Rejects what Node's parser accepts against RFC 9112: several or invalid Host fields (§3.2), other codings (§6.1). */
function framingRefusal({ headers, rawHeaders, httpVersion }: IncomingMessage): Refusal | undefined {
  const hosts = countOf('host', rawHeaders);
  // Node's server does not ask for a Host where a request is upgraded.
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    return { statusCode: 400, message: 'a request must have one Host field', isLast: true };
  }
  if (!isHost(headers.host ?? '')) {
    return { statusCode: 400, message: 'Host must be a name or an address, and a port', isLast: true };
  }
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
function countOf(lowerName: string, rawHeaders: readonly string[]): number {
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

/** A name, an IPv4 or an IPv6 address, and a port (RFC 3986 §3.2), without the delimiters that no host has; or nothing. */
function isHost(text: string): boolean {
  if (text === lastHost) return true;
  const isValid = /^(?:[\w.~%-]*|\[[\da-f:.]+\])(?::\d{0,5})?$/i.test(text);
  if (isValid) lastHost = text;
  return isValid;
}

/** Most requests have the same one. */
let lastHost = '';

const BAD_TARGET: Refusal = { statusCode: 400, message: 'the request target must be a path or an http URL' };

/** http-proxy-middleware parses what follows `//` as an authority, which may be invalid. */
function isParsable(target: string): boolean {
  return !target.startsWith('//') || URL.canParse(target, 'http://localhost');
}

/** Not for a reverse proxy: a tunnel to any host, and an echo of the request's headers. */
const REFUSED_METHODS = new Set(['CONNECT', 'TRACE']);

function normalizeTarget(request: IncomingMessage): Refusal | undefined {
  const { method = 'GET', url = '/' } = request;
  if (REFUSED_METHODS.has(method)) return { statusCode: 405, message: `${method} is not allowed here` };
  if (url.startsWith('/')) return isParsable(url) ? undefined : BAD_TARGET;
  if (url === '*' && method === 'OPTIONS') return { statusCode: 204, message: '' };
  // RFC 9112 §3.2.2: the authority of an absolute-form target replaces the Host field.
  const absolute = /^https?:\/\//i.test(url) ? URL.parse(url) : null;
  if (!absolute) return BAD_TARGET;
  request.url = absolute.pathname + absolute.search;
  request.headers.host = absolute.host;
  const hostAt = request.rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (hostAt === -1) request.rawHeaders.push('Host', absolute.host);
  else request.rawHeaders[hostAt + 1] = absolute.host;
  return undefined;
}
