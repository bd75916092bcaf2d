// The headers of a request that Node has parsed, as they are forwarded.
import type { IncomingMessage } from 'node:http';
import type { ResourceSpace } from '@fairlead/scheduling';
import { DemandHeaderCache, HopHeaderCache } from '../headers/forwarded-header-cache.js';
import { requestHeaders } from '../headers/header-rules.js';
import { RequestFieldFilters, type UnderscoreRule } from '../headers/request-field-filter.js';
import type { ReadRequest } from '../request/request-reader.js';

const asTheyAre = (headers: readonly string[]) => headers;

export class ForwardedRequestHeaders {
  /** By client connection. */
  private readonly hopHeaders = new WeakMap<object, HopHeaderCache<readonly string[]>>();
  private readonly demandHeaders: DemandHeaderCache<readonly string[]>;
  private readonly filters: RequestFieldFilters;

  constructor(resources: ResourceSpace, underscores: UnderscoreRule) {
    this.filters = new RequestFieldFilters(underscores);
    this.demandHeaders = new DemandHeaderCache(resources, asTheyAre);
  }

  /**
   * A raw header list: the end-to-end fields in their order, then those of the balancer. `connection` is the option of
   * `Connection`.
   */
  of(request: IncomingMessage, { peer, demand }: ReadRequest, connection: string): string[] {
    const { headers, httpVersion, rawHeaders, socket } = request;
    let cache = this.hopHeaders.get(socket);
    if (!cache) this.hopHeaders.set(socket, (cache = new HopHeaderCache(asTheyAre)));
    const hopHeaders = cache.of({
      peer,
      httpVersion,
      field: (name) => headers[name]?.toString(),
      isHost: (host) => (headers.host ?? '') === host,
    });
    const forwarded = requestHeaders(rawHeaders, this.filters.for(peer).drops, { httpVersion, connection });
    forwarded.push(...hopHeaders, ...this.demandHeaders.of(demand));
    return forwarded;
  }
}
