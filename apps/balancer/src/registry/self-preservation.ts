// Self-preservation: when most of the fleet seems to fail at once, the fault is likely the balancer's own, so no
// backend is removed. Pings are judged within a pool, leases over all (docs/decisions/0033).
import { isLikelyLocalFault } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import type { Backend } from './backend.js';
import type { Evidence, EventLog } from './event-log.js';

export class SelfPreservation {
  /** Whether lapsed leases are kept; the event is recorded when that begins. */
  private isKeepingLeases = false;
  private areLeasesHeld = false;

  constructor(
    private readonly events: EventLog,
    /** The part of the fleet, 0 to 1, beyond which failures at once count as the balancer's own. */
    private readonly ratio: number,
  ) {}

  /** Whether to ignore a sweep of a pool in which `failing` of `all` backends that were up did not respond. */
  ignoresSweep(failing: number, all: number, pool: string): boolean {
    const isLocal = isLikelyLocalFault(failing, all, this.ratio);
    const where = pool === DEFAULT_POOL ? 'backends' : `backends of the pool ${pool}`;
    if (isLocal) this.record(`${failing} of ${all} ${where} did not respond to a ping in one sweep`, { failing, all });
    return isLocal;
  }

  /**
   * At shutdown: no lease lapses from here on. The backends renew with the process that comes next, which reads the same
   * registry file.
   */
  holdLeases(): void {
    this.areLeasesHeld = true;
  }

  /** The backends to remove because their lease has lapsed: none when most leases have lapsed at once. */
  lapsed(fleet: readonly Backend[], now: number): readonly Backend[] {
    if (this.areLeasesHeld) return [];
    const leased = fleet.filter(({ leaseSeconds }) => leaseSeconds !== undefined);
    const lapsed = leased.filter(({ leaseEndsAt }) => leaseEndsAt <= now);
    return this.keepsLapsed(lapsed.length, leased.length) ? [] : lapsed;
  }

  /** Whether backends stay although `lapsed` of `leased` leases have lapsed: that many at once are not their fault. */
  keepsLapsed(lapsed: number, leased: number): boolean {
    const isLocal = isLikelyLocalFault(lapsed, leased, this.ratio);
    if (isLocal && !this.isKeepingLeases)
      this.record(`${lapsed} of ${leased} leases have lapsed at once`, { lapsed, leased });
    this.isKeepingLeases = isLocal;
    return isLocal;
  }

  private record(what: string, evidence: Evidence): void {
    const reason = `${what}: no backend was removed; check the balancer's own network`;
    this.events.recordFleetEvent('self-preservation', reason, evidence);
  }
}
