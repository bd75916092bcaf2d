// What one request counts against the limits of its client.
import { sharedSecondsFromMs } from '../../clock/monotonic.js';
import type { ClientLimits } from './client-limits.js';
import { UNTRACKED, type ClientKey } from './client-table.js';
import type { LimitRefusal } from './limit-refusal.js';
import type { Rate } from './rate.js';

/** A route, as far as its rate is concerned. */
export interface RatedRoute {
  readonly rateName: string;
  readonly rate: Rate | undefined;
}

/** Serves one request after another: {@link acquire}, then {@link release}, which does nothing when it is called again. */
export class RequestClaim {
  /** The client of the last request, which is often that of the next one. */
  private client = '';
  private key: ClientKey | undefined;
  private cell = UNTRACKED;

  constructor(private readonly limits: ClientLimits) {}

  /**
   * Counts a request that arrived at `nowMs`, monotonic. Returns why its client may not have it.
   *
   * @param route which may have a rate of its own.
   */
  acquire(client: string, nowMs: number, { rateName, rate }: RatedRoute): LimitRefusal | undefined {
    const { limits } = this;
    const refusal = rate && limits.countOnRoute(rateName, rate, client, sharedSecondsFromMs(nowMs));
    if (refusal) return refusal;
    if (limits.areRequestsUnlimited) return undefined;
    if (this.key === undefined || client !== this.client) {
      this.client = client;
      this.key = limits.keyOf(client);
    }
    const cell = limits.acquireRequest(this.key, sharedSecondsFromMs(nowMs));
    if (typeof cell !== 'number') return cell;
    this.cell = cell;
    return undefined;
  }

  /** The request is over. */
  release(): void {
    this.limits.releaseRequest(this.cell);
    this.cell = UNTRACKED;
  }
}
