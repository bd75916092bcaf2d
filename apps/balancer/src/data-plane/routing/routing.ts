// The routes in force in this thread, and the pool of each request.
import { KeyedHash } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { keyOf } from '../../placement/affinity-key.js';
import { Fleet } from '../../registry/snapshot/fleet.js';
import { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import type { RoutableRequest } from './conditions.js';
import { Route } from './route.js';
import { RouteTable } from './route-table.js';

/** One more than the largest hash. */
const HASHES = 2 ** 32;

@Injectable()
export class Routing {
  /** Replaced as a whole on each reload. */
  table = new RouteTable([]);
  private hash: KeyedHash | undefined;

  constructor(
    private readonly fleet: Fleet,
    traffic: CurrentTraffic,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    traffic.listen(({ routes }) => {
      this.table = new RouteTable(routes.map((route, rank) => new Route(route, rank, config.RESOURCES)));
    });
  }

  /** The pool of a request of `client`, an address. @throws {Error} for a route that responds by itself. */
  poolOf({ name, pools, stableBy }: Route, client: string, request: RoutableRequest): string {
    if (!pools) throw new Error(`the route ${name} has no pool`);
    if (pools.only !== undefined) return pools.only;
    const key = stableBy && keyOf(stableBy, client, request);
    return pools.at(key === undefined ? Math.random() : this.positionOf(`${name} ${key}`));
  }

  /** From 0 to below 1, always the same for a key. The key of the hash is known once the fleet is, and does not change. */
  private positionOf(key: string): number {
    this.hash ??= new KeyedHash(this.fleet.hashKey);
    return this.hash.of(key) / HASHES;
  }
}
