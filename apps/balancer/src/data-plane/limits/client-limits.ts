// The limits of what one client may hold and use at a time, over all threads.
import type { FleetSnapshot, ThreadCounts } from '@fairlead/scheduling';
import { LoadTable } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { Fleet } from '../../registry/snapshot/fleet.js';
import { defaultMaxConnections } from './connection-limit.js';
import { ClientTable, UNTRACKED, type ClientKey } from './client-table.js';
import { heldRefusal, rateRefusal, type LimitRefusal } from './limit-refusal.js';
import { Rate } from './rate.js';

/** Of what there is, one client may have this part by default. */
const CLIENT_RATIO = 0.5;

@Injectable()
export class ClientLimits {
  /** Whether no limit concerns requests. */
  readonly areRequestsUnlimited: boolean;
  private readonly counts: ThreadCounts;
  private readonly maxConnections: number;
  private readonly connectionRate: Rate | undefined;
  private readonly requestRate: Rate | undefined;
  /** Undefined: it follows from the fleet. */
  private readonly fixedInFlight: number | undefined;
  private readonly queuePlaces: number;
  /** The snapshot that {@link maxInFlight} was computed for. */
  private snapshot: FleetSnapshot | undefined;
  private maxInFlight = Infinity;

  constructor(
    private readonly table: ClientTable,
    loads: LoadTable,
    private readonly fleet: Fleet,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const { perClient } = config.TRAFFIC_LIMITS;
    this.counts = loads.own.counts;
    const allConnections = config.MAX_CLIENT_CONNECTIONS ?? defaultMaxConnections(config.CONTROL_PLANE_MAX_CONNECTIONS);
    this.maxConnections = limitOf(perClient.connections) ?? halfOf(allConnections);
    this.connectionRate = rateOf(perClient.connectionsPerSecond, perClient.connectionBurst);
    this.requestRate = rateOf(perClient.requestsPerSecond, perClient.requestBurst);
    this.fixedInFlight = limitOf(perClient.requestsInFlight);
    this.queuePlaces = config.MAX_QUEUED_REQUESTS;
    this.areRequestsUnlimited = this.fixedInFlight === Infinity && !this.requestRate;
  }

  keyOf(client: string): ClientKey {
    return this.table.keyOf(client);
  }

  /**
   * Counts a connection of a client. Returns its cell, for {@link releaseConnection}, or why the client may not have the
   * connection. `nowSeconds`: of the clock that all threads share.
   */
  acquireConnection(client: string, nowSeconds: number): number | LimitRefusal {
    const { table, connectionRate: rate, maxConnections, counts } = this;
    if (maxConnections === Infinity && !rate) return UNTRACKED;
    const key = table.keyOf(client);
    const { own } = table;
    const cell = own.claim(key, nowSeconds);
    if (cell === UNTRACKED) {
      counts.untrackedClients++;
      return UNTRACKED;
    }
    if (table.connections(key) >= maxConnections) {
      counts.overConnections++;
      return heldRefusal(maxConnections, 'connections', 'connections', 'connections');
    }
    if (rate) {
      const next = rate.next(table.connectionTime(key), nowSeconds);
      const wait = rate.waitSeconds(next, nowSeconds);
      if (wait > 0) {
        counts.overConnectionRate++;
        return rateRefusal(rate.perSecond, 'new connections', 'new-connections', wait);
      }
      own.connectionTimes[cell] = next;
    }
    own.connections[cell]++;
    return cell;
  }

  /** The connection of {@link acquireConnection} has closed. */
  releaseConnection(cell: number): void {
    if (cell !== UNTRACKED) this.table.own.connections[cell]--;
  }

  /** The same as {@link acquireConnection} for a request. */
  acquireRequest(key: ClientKey, nowSeconds: number): number | LimitRefusal {
    const { table, requestRate: rate, counts } = this;
    const { own } = table;
    const cell = own.claim(key, nowSeconds);
    if (cell === UNTRACKED) {
      counts.untrackedClients++;
      return UNTRACKED;
    }
    const limit = this.requestsInFlight();
    if (table.requestsInFlight(key) >= limit) {
      counts.overInFlight++;
      return heldRefusal(limit, 'requests in flight', 'requests-in-flight', 'concurrent-requests');
    }
    if (rate) {
      const next = rate.next(table.requestTime(key), nowSeconds);
      const wait = rate.waitSeconds(next, nowSeconds);
      if (wait > 0) {
        counts.overRequestRate++;
        return rateRefusal(rate.perSecond, 'requests', 'requests', wait);
      }
      own.requestTimes[cell] = next;
    }
    own.requestsInFlight[cell]++;
    return cell;
  }

  /** The request of {@link acquireRequest} is over. */
  releaseRequest(cell: number): void {
    if (cell !== UNTRACKED) this.table.own.requestsInFlight[cell]--;
  }

  /** Requests that one client may have in flight: by default half of what the backends in traffic and the queue take. */
  private requestsInFlight(): number {
    if (this.fixedInFlight !== undefined) return this.fixedInFlight;
    const { snapshot } = this.fleet;
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
