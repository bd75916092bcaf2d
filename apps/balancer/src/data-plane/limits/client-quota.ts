// The quota of one client for connections or for requests: how many it may hold at a time, and how fast it may get more.
import type { ThreadCounts } from '@fairlead/scheduling';
import type { ClusterFacts } from '../../registry/snapshot/cluster-facts.js';
import { UNTRACKED, type ClientKey, type ClientTable, type UsageKind } from './client-table.js';
import { heldRefusal, rateRefusal, type LimitRefusal, type LimitWords } from './limit-refusal.js';
import type { Rate } from './rate.js';

/** The counters of the refusals. */
type RefusalCount = 'overConnections' | 'overConnectionRate' | 'overInFlight' | 'overRequestRate';

/** A kind of quota: its name in refusals, and the counters of refusals. */
export interface QuotaTerms {
  readonly kind: UsageKind;
  readonly held: LimitWords;
  readonly rate: LimitWords;
  readonly overHeld: RefusalCount;
  readonly overRate: RefusalCount;
}

/** What the quotas of all kinds use. */
export interface QuotaContext {
  readonly table: ClientTable;
  readonly counts: ThreadCounts;
  readonly cluster: ClusterFacts;
}

/** Enforces the quota of one kind, for all clients. */
export class ClientQuota {
  constructor(
    private readonly terms: QuotaTerms,
    private readonly context: QuotaContext,
    private readonly rate: Rate | undefined,
  ) {}

  /**
   * Counts one more for a client that may hold `limit`. Returns the client's cell, for {@link release}, or a refusal.
   * `nowSeconds`: of the clock that all threads share.
   */
  acquire(key: ClientKey, limit: number, nowSeconds: number): number | LimitRefusal {
    const { terms, rate } = this;
    const { table, counts } = this.context;
    const { kind } = terms;
    const cell = table.own.claim(key, nowSeconds);
    if (cell === UNTRACKED) {
      counts.untrackedClients++;
      return UNTRACKED;
    }
    if (table.held(kind, key) >= limit) {
      counts[terms.overHeld]++;
      return heldRefusal(limit, terms.held);
    }
    const refusal = rate && this.advance(cell, key, rate, nowSeconds);
    if (refusal) return refusal;
    table.own[kind].held[cell]++;
    return cell;
  }

  /** Counts one more for a client against `rate` alone. Returns a refusal if it is too fast. */
  countRate(key: ClientKey, rate: Rate, nowSeconds: number): LimitRefusal | undefined {
    const { table, counts } = this.context;
    const cell = table.own.claim(key, nowSeconds);
    if (cell !== UNTRACKED) return this.advance(cell, key, rate, nowSeconds);
    counts.untrackedClients++;
    return undefined;
  }

  private advance(cell: number, key: ClientKey, rate: Rate, nowSeconds: number): LimitRefusal | undefined {
    const { terms } = this;
    const { table, counts, cluster } = this.context;
    const { kind } = terms;
    const balancers = cluster.liveBalancers;
    const next = rate.next(table.latestTime(kind, key), nowSeconds, balancers);
    const wait = rate.waitSeconds(next, nowSeconds, balancers);
    if (wait > 0) {
      counts[terms.overRate]++;
      return rateRefusal({ perSecond: rate.perSecond, balancers }, terms.rate, wait);
    }
    table.own[kind].times[cell] = next;
    return undefined;
  }

  /** Undoes an {@link acquire} that returned this cell. */
  release(cell: number): void {
    if (cell !== UNTRACKED) this.context.table.own[this.terms.kind].held[cell]--;
  }
}
