// Reads from a client's request what every lane needs before it is placed, or rejects the request.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { RequestTable } from '../../metrics/request-table.js';
import { AffinityKeyReader } from '../../placement/affinity-key.js';
import { BadDemandError, DemandClassifier, type ClassifiableRequest } from '../../placement/demand-classifier.js';
import { AddressWarnings } from './address-warnings.js';
import { ClientIdentity, type Peer } from './client-identity.js';
import type { PlacedRequest } from '../exchange/placed-request.js';
import { hasPassedThrough } from '../headers/header-rules.js';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';
import { framingRefusal } from './framing-refusal.js';
import { HttpsRedirect } from './https-redirect.js';
import { countForwarding } from './max-forwards.js';
import type { OwnResponse } from '../headers/own-response.js';
import type { RoutableRequest } from '../routing/conditions.js';
import { Routing } from '../routing/routing.js';
import { Stickiness } from '../stickiness/stickiness.js';
import { PathRules } from './path-rules.js';
import { RequestIds } from './request-ids.js';
import type { Refusal } from './refusal.js';
import { normalizeTarget, refusalOfMethod } from './target.js';

/** What is known of a request before it is placed. */
export interface ReadRequest extends PlacedRequest {
  readonly peer: Peer;
  /** Whether the response is to have `Fairlead-Placement`: a client asked for it that may declare demand. */
  readonly wantsPlacement: boolean;
  /** The id that a trusted proxy gave it; undefined when it needs a new one. */
  readonly givenId: string | undefined;
}

/** A request with valid framing, as any lane reads it. */
export interface RequestFacts extends ClassifiableRequest, RoutableRequest {
  readonly peer: Peer;
}

const NO_ROUTE: Refusal = { statusCode: 404, message: 'no route matches this request' };
const LOOP: Refusal = {
  statusCode: 508,
  message: 'the request came back to the balancer: one of its backends leads to it',
};

@Injectable()
export class RequestReader {
  readonly ids: RequestIds;
  private readonly identity: ClientIdentity;
  private readonly redirect: HttpsRedirect;
  private readonly pathRules: PathRules;
  private readonly rejectsUnderscores: boolean;

  constructor(
    private readonly classifier: DemandClassifier,
    private readonly affinity: AffinityKeyReader,
    private readonly routing: Routing,
    private readonly stickiness: Stickiness,
    private readonly table: RequestTable,
    warnings: AddressWarnings,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.ids = new RequestIds(config);
    this.identity = new ClientIdentity(warnings, config);
    this.redirect = new HttpsRedirect(config);
    this.pathRules = new PathRules(config);
    this.rejectsUnderscores = config.UNDERSCORE_HEADERS === 'reject';
  }

  /** Reads a request of Node's parser, or rejects it. Changes a target in absolute-form to origin-form. */
  read(request: IncomingMessage): ReadRequest | Refusal {
    const refusal =
      framingRefusal(request) ??
      normalizeTarget(request) ??
      this.pathRules.normalize(request) ??
      countForwarding(request) ??
      this.underscoreRefusal(request);
    if (refusal) return refusal;
    const { headers, method = 'GET', url: target = '/' } = request;
    const bodyBytes = Number(headers['content-length'] ?? 0);
    return this.readFramed({ ...this.factsOf(request), method, target, host: headers.host ?? '', bodyBytes });
  }

  /** Reads a head that no connection has brought, whose target is in origin-form, as {@link read} reads a request. */
  readHead(request: RequestFacts): ReadRequest | Refusal {
    const target = this.pathRules.apply(request.target);
    if (typeof target !== 'string') return target;
    return refusalOfMethod(request.method) ?? this.readFramed({ ...request, target });
  }

  /** The id of a request of Node's parser that is refused; undefined with `REQUEST_ID=off`. */
  idOf(request: IncomingMessage): string | undefined {
    return this.ids.of(this.ids.given(this.factsOf(request)));
  }

  /** Counts a request that gets this response, and no exchange. */
  countRefusal(method: string, { statusCode }: Pick<Refusal, 'statusCode'>): void {
    this.table.own.countRefusal(method, statusCode);
  }

  private factsOf({ headers, socket }: IncomingMessage) {
    return { peer: this.peerOf(socket), field: (name: string) => headers[name]?.toString() };
  }

  private underscoreRefusal({ rawHeaders }: IncomingMessage): Refusal | undefined {
    const name = this.rejectsUnderscores ? rawHeaders.find((text, i) => i % 2 === 0 && text.includes('_')) : undefined;
    if (name === undefined) return undefined;
    return {
      statusCode: 400,
      message: `the name of a header must not have "_", got ${JSON.stringify(name.slice(0, 100))}`,
    };
  }

  /** The peer of a connection. */
  peerOf(socket: Socket): Peer {
    return this.identity.peerOf(socket);
  }

  /** Step 3, read and refuse: reads a request with valid framing, or rejects it. */
  readFramed(request: RequestFacts): ReadRequest | Refusal {
    const { peer, method, target, field } = request;
    const redirect = this.redirect.of(peer, target, field);
    if (redirect) return redirect;
    if (hasPassedThrough(field('via'), VIA_PSEUDONYM)) return LOOP;
    const route = this.routing.table.match(request);
    if (!route) return NO_ROUTE;
    if (route.responder) return responseOf(route.responder(request, peer.tlsVersion !== undefined));
    if (request.bodyBytes > route.maxBodyBytes) {
      return { statusCode: 413, message: bodyTooLarge(route.maxBodyBytes), isLast: true };
    }
    try {
      const client = this.identity.clientOf(peer, field);
      const pool = this.routing.poolOf(route, client, request);
      const { demand, classId } = this.classifier.classify(request, pool, peer.mayDeclare, route.demand);
      const affinity = this.affinity.of(client, pool, request);
      const wantsPlacement = peer.mayDeclare && field('fairlead-explain') === '1';
      const givenId = this.ids.given(request);
      const stickySlot = this.stickiness.slotOf(pool, field);
      return {
        client,
        peer,
        route,
        wantsPlacement,
        givenId,
        method,
        target,
        pool,
        demand,
        classId,
        affinity,
        stickySlot,
      };
    } catch (error) {
      if (error instanceof BadDemandError) return { statusCode: 400, message: error.message };
      throw error;
    }
  }
}

/** A response that is no error, for lanes that know refusals. */
function responseOf(own: OwnResponse): Refusal {
  return { statusCode: own.statusCode, message: '', own };
}

/** The message for a request whose body is longer than a body may be. */
export function bodyTooLarge(maxBytes: number): string {
  return `the body of a request must have at most ${maxBytes} bytes`;
}

/** Whether the request was rejected. */
export function isRefusal(read: ReadRequest | Refusal): read is Refusal {
  return 'statusCode' in read;
}
