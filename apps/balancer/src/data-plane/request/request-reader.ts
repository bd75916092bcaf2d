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
import { framingRefusal } from './framing-refusal.js';
import { countForwarding } from './max-forwards.js';
import type { Refusal } from './refusal.js';
import { normalizeTarget } from './target.js';

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
    const refusal = framingRefusal(request) ?? normalizeTarget(request) ?? countForwarding(request);
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
