// The limits for each client, over all threads: connections, requests, and their rates. The live balancers of a cluster divide
// the rates among them.
import type { FleetSnapshot } from '@fairlead/scheduling';
import { LoadTable } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { ClusterFacts } from '../../registry/snapshot/cluster-facts.js';
import { Fleet } from '../../registry/snapshot/fleet.js';
import { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import { ClientQuota, type QuotaTerms } from './client-quota.js';
import { ClientTable, UNTRACKED, type ClientKey } from './client-table.js';
import { defaultMaxConnections } from './connection-limit.js';
import type { LimitRefusal } from './limit-refusal.js';
import { Rate } from './rate.js';

/** The part of all connections, and of all requests in flight, that one client may have by default. */
const CLIENT_RATIO = 0.5;

const CONNECTIONS: QuotaTerms = {
  kind: 'connections',
  held: { noun: 'connections', policy: 'connections', unit: 'connections' },
  rate: { noun: 'new connections', policy: 'new-connections', unit: 'connections' },
  overHeld: 'overConnections',
  overRate: 'overConnectionRate',
};

const REQUESTS: QuotaTerms = {
  kind: 'requests',
  held: { noun: 'requests in flight', policy: 'requests-in-flight', unit: 'concurrent-requests' },
  rate: { noun: 'requests', policy: 'requests' },
  overHeld: 'overInFlight',
  overRate: 'overRequestRate',
};

@Injectable()
export class ClientLimits {
  /** Whether no limit concerns requests. */
  readonly areRequestsUnlimited: boolean;
  private readonly areConnectionsUnlimited: boolean;
  private readonly connections: ClientQuota;
  private readonly requests: ClientQuota;
  private readonly maxConnections: number;
  /** Undefined: it follows from the fleet. */
  private readonly fixedInFlight: number | undefined;
  /** Of all pools. */
  private queuePlaces = 0;
  /** The snapshot that {@link maxInFlight} was computed for. */
  private snapshot: FleetSnapshot | undefined;
  private maxInFlight = Infinity;

  constructor(
    private readonly table: ClientTable,
    loads: LoadTable,
    private readonly fleet: Fleet,
    traffic: CurrentTraffic,
    cluster: ClusterFacts,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const { perClient } = config.TRAFFIC_LIMITS;
    const context = { table, counts: loads.own.counts, cluster };
    const connectionRate = rateOf(perClient.connectionsPerSecond, perClient.connectionBurst);
    const requestRate = rateOf(perClient.requestsPerSecond, perClient.requestBurst);
    this.connections = new ClientQuota(CONNECTIONS, context, connectionRate);
    this.requests = new ClientQuota(REQUESTS, context, requestRate);
    const allConnections = config.MAX_CLIENT_CONNECTIONS ?? defaultMaxConnections(config.CONTROL_PLANE_MAX_CONNECTIONS);
    this.maxConnections = limitOf(perClient.connections) ?? halfOf(allConnections);
    this.fixedInFlight = limitOf(perClient.requestsInFlight);
    traffic.listen(({ pools }) => {
      this.queuePlaces = pools.reduce((sum, { queue }) => sum + queue.maxRequests, 0);
      this.snapshot = undefined;
    });
    this.areConnectionsUnlimited = this.maxConnections === Infinity && !connectionRate;
    this.areRequestsUnlimited = this.fixedInFlight === Infinity && !requestRate;
  }

  keyOf(client: string): ClientKey {
    return this.table.keyOf(client);
  }

  /** {@link ClientQuota.acquire} for a connection of the client at an address. */
  acquireConnection(client: string, nowSeconds: number): number | LimitRefusal {
    if (this.areConnectionsUnlimited) return UNTRACKED;
    return this.connections.acquire(this.table.keyOf(client), this.maxConnections, nowSeconds);
  }

  /** The connection of {@link acquireConnection} has closed. */
  releaseConnection(cell: number): void {
    this.connections.release(cell);
  }

  /** {@link ClientQuota.acquire} for a request of a client. */
  acquireRequest(key: ClientKey, nowSeconds: number): number | LimitRefusal {
    return this.requests.acquire(key, this.requestsInFlight(), nowSeconds);
  }

  /**
   * Counts a request of a client against the rate of a route, over all threads. Returns why the client may not have it.
   *
   * @param name of the route and its rate.
   */
  countOnRoute(name: string, rate: Rate, client: string, nowSeconds: number): LimitRefusal | undefined {
    return this.requests.countRate(this.table.keyOfPart(client, name), rate, nowSeconds);
  }

  /** The request of {@link acquireRequest} is over. */
  releaseRequest(cell: number): void {
    this.requests.release(cell);
  }

  /** Requests that one client may have in flight: by default half of what the backends in traffic and the queues take. */
  private requestsInFlight(): number {
    if (this.fixedInFlight !== undefined) return this.fixedInFlight;
    const snapshot = this.fleet.pools.all;
    if (snapshot !== this.snapshot) {
      this.snapshot = snapshot;
      this.maxInFlight = halfOf(snapshot.maxActive.reduce((sum, limit) => sum + limit, this.queuePlaces));
    }
    return this.maxInFlight;
  }
}

/** A configured limit, of which 0 stands for none. */
function limitOf(configured: number | undefined): number | undefined {
  return configured === 0 ? Infinity : configured;
}

function halfOf(amount: number): number {
  return Math.max(1, Math.floor(amount * CLIENT_RATIO));
}

function rateOf(perSecond: number, burst = perSecond): Rate | undefined {
  return perSecond === 0 ? undefined : new Rate(perSecond, burst);
}
