// Creates exchanges, and holds what they need of the rest of the balancer.
import type { ThreadCounts } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { RequestLog } from '../../metrics/request-log.js';
import { RequestTable, type RequestRow } from '../../metrics/request-table.js';
import { DrfScheduler } from '../../placement/drf.scheduler.js';
import { Fleet } from '../../registry/snapshot/fleet.js';
import { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import { ClientLimits } from '../limits/client-limits.js';
import { ActiveExchanges, type ExchangeControl } from './active-exchanges.js';
import { Exchange } from './exchange.js';
import type { ExchangeContext } from './exchange-context.js';
import { PoolExchanges, type PoolExchangesContext } from './pool-exchanges.js';

@Injectable()
export class ExchangeFactory implements ExchangeContext {
  readonly counts: ThreadCounts;
  readonly requests: RequestRow;
  readonly active: ActiveExchanges;
  private readonly poolContext: PoolExchangesContext;
  /** By name. Pools that were removed are left out at the next change, unless requests wait there. */
  private readonly pools = new Map<string, PoolExchanges>();
  /** That of the last request: with one pool, that of every request. */
  private last: PoolExchanges;

  constructor(
    readonly scheduler: DrfScheduler,
    readonly registry: Fleet,
    readonly log: RequestLog,
    readonly limits: ClientLimits,
    private readonly traffic: CurrentTraffic,
    table: RequestTable,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const { own, rows } = scheduler.table;
    this.counts = own.counts;
    this.requests = table.own;
    this.poolContext = {
      slotCount: config.MAX_BACKENDS,
      threads: rows.length,
      counts: own.counts,
      requests: table.own,
    };
    this.active = new ActiveExchanges(config.MAX_BACKENDS);
    this.last = this.findOrCreate(DEFAULT_POOL);
    traffic.listen(() => this.useTraffic());
    registry.listen({
      disconnect: (slot, scope) => this.active.disconnect(slot, scope),
      slotFreed: (slot) => this.pools.forEach(({ streaks }) => streaks.forgetBackend(slot)),
    });
  }

  /** An exchange for one request after another. */
  create(control: ExchangeControl): Exchange {
    return new Exchange(this, control);
  }

  poolOf(name: string): PoolExchanges {
    if (name !== this.last.name) this.last = this.findOrCreate(name);
    return this.last;
  }

  /** Requests that wait for room, by pool; pools without any are left out. */
  get queued(): Record<string, number> {
    const pools = [...this.pools.values()].filter(({ waiting }) => waiting > 0);
    return Object.fromEntries(pools.map(({ name, waiting }) => [name, waiting]));
  }

  private findOrCreate(name: string): PoolExchanges {
    const known = this.pools.get(name);
    if (known) return known;
    const pool = new PoolExchanges(name, this.traffic.settingsOf(name), this.poolContext);
    this.pools.set(name, pool);
    return pool;
  }

  private useTraffic(): void {
    for (const [name, pool] of this.pools) {
      pool.use(this.traffic.settingsOf(name));
      if (!this.traffic.pool(name) && pool.waiting === 0) this.pools.delete(name);
    }
    this.last = this.findOrCreate(DEFAULT_POOL);
  }
}
