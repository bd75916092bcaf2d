// The headers of a request that Node has parsed, as they are forwarded.
import type { IncomingMessage } from 'node:http';
import type { BalancerConfig } from '../../config/balancer.config.js';
import { DemandHeaderCache, HopHeaderCache } from '../headers/forwarded-header-cache.js';
import { requestHeaders, type FieldTest } from '../headers/header-rules.js';
import { RequestFieldFilters } from '../headers/request-field-filter.js';
import { REQUEST_ID_HEADER } from '../headers/request-id-header.js';
import type { ReadRequest } from '../request/request-reader.js';

const asTheyAre = (headers: readonly string[]) => headers;

/** What the balancer adds besides what the request itself says. */
export interface AddedHeaders {
  /** The option of `Connection`: `keep-alive` or `Upgrade`. */
  readonly connection: string;
  /** The id of the request; undefined for none. */
  readonly requestId: string | undefined;
}

export class ForwardedRequestHeaders {
  /** By client connection. */
  private readonly hopHeaders = new WeakMap<object, HopHeaderCache<readonly string[]>>();
  private readonly demandHeaders: DemandHeaderCache<readonly string[]>;
  private readonly filters: RequestFieldFilters;

  constructor(config: Pick<BalancerConfig, 'RESOURCES' | 'UNDERSCORE_HEADERS' | 'REQUEST_ID'>) {
    this.filters = new RequestFieldFilters(config.UNDERSCORE_HEADERS, config.REQUEST_ID === 'on');
    this.demandHeaders = new DemandHeaderCache(config.RESOURCES, asTheyAre);
  }

  /** A raw header list: the end-to-end fields in their order, those of the route, then those of the balancer. */
  of(
    request: IncomingMessage,
    { peer, demand, route }: ReadRequest,
    { connection, requestId }: AddedHeaders,
  ): string[] {
    const { headers, httpVersion, rawHeaders, socket } = request;
    let cache = this.hopHeaders.get(socket);
    if (!cache) this.hopHeaders.set(socket, (cache = new HopHeaderCache(asTheyAre)));
    const hopHeaders = cache.of({
      peer,
      httpVersion,
      field: (name) => headers[name]?.toString(),
      isHost: (host) => (headers.host ?? '') === host,
    });
    const { drops } = this.filters.for(peer);
    const changes = route.requestChanges?.headers;
    const isDropped: FieldTest = changes ? (name) => drops(name) || changes.dropped.has(name) : drops;
    const forwarded = requestHeaders(rawHeaders, isDropped, { httpVersion, connection });
    if (changes) forwarded.push(...changes.added);
    forwarded.push(...hopHeaders);
    if (requestId !== undefined) forwarded.push(REQUEST_ID_HEADER, requestId);
    forwarded.push(...this.demandHeaders.of(demand));
    return forwarded;
  }
}
