// Reads what every lane needs to know of a client's request before it is placed.
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

/** A request that is answered by the balancer itself, and with what. */
export interface Refusal {
  readonly statusCode: number;
  readonly message: string;
}

/** What is known of a request before it is placed. */
export interface ReadRequest extends PlacedRequest {
  readonly isTrusted: boolean;
  /** Whether the client asked where its request went, and may know. */
  readonly wantsPlacement: boolean;
}

/** A request that is well framed, as any lane reads it. */
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

  /** The request's head, or why it goes no further. Brings an absolute-form target into origin-form. */
  read(request: IncomingMessage): ReadRequest | Refusal {
    const refusal = framingRefusal(request) ?? normaliseTarget(request);
    if (refusal) return refusal;
    const { headers, method = 'GET', url: target = '/' } = request;
    const client = addressOf(request.socket);
    const isTrusted = this.isTrusted(client);
    const bodyBytes = Number(headers['content-length'] ?? 0);
    const field = (name: string) => headers[name]?.toString();
    return this.readFramed({ client, isTrusted, method, target, bodyBytes, field });
  }

  /** Whether what a client says of itself is believed. */
  isTrusted(client: string): boolean {
    return this.trustedClients.includes(client);
  }

  /** The same of a request that is well framed. */
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

/** Tells a refusal from a request that goes on. */
export function isRefusal(read: ReadRequest | Refusal): read is Refusal {
  return 'statusCode' in read;
}

/** What Node's parser lets pass and no server should: RFC 9112 §3.2 (one Host) and §6.1 (codings it does not know). */
function framingRefusal({ headers, rawHeaders }: IncomingMessage): Refusal | undefined {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) return { statusCode: 400, message: 'a request must have one Host field' };
  const coding = headers['transfer-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'chunked') return undefined;
  return { statusCode: 501, message: 'the only transfer coding that is understood is chunked' };
}

const BAD_TARGET: Refusal = { statusCode: 400, message: 'the request target must be a path or an http URL' };

/** Of two slashes the middleware takes the second for the beginning of an authority, and not every text is one. */
function isReadable(target: string): boolean {
  return !target.startsWith('//') || URL.canParse(target, 'http://localhost');
}

/** Methods that make no sense towards a reverse proxy's backends: a tunnel, and an echo of what was sent. */
const REFUSED_METHODS = new Set(['CONNECT', 'TRACE']);

function normaliseTarget(request: IncomingMessage): Refusal | undefined {
  const { method = 'GET', url = '/' } = request;
  if (REFUSED_METHODS.has(method)) return { statusCode: 405, message: `${method} is not allowed here` };
  if (url.startsWith('/')) return isReadable(url) ? undefined : BAD_TARGET;
  if (url === '*' && method === 'OPTIONS') return { statusCode: 204, message: '' };
  // RFC 9112 §3.2.2: of an absolute-form target the authority counts, and the Host field is ignored.
  const absolute = /^https?:\/\//i.test(url) ? URL.parse(url) : null;
  if (!absolute) return BAD_TARGET;
  request.url = absolute.pathname + absolute.search;
  request.headers.host = absolute.host;
  const hostAt = request.rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (hostAt === -1) request.rawHeaders.push('Host', absolute.host);
  else request.rawHeaders[hostAt + 1] = absolute.host;
  return undefined;
}
