// When most of the fleet seems to fail at once, it is rather the observer: the registry is kept as it is.
import { isLikelyLocalFault } from '@fairlead/scheduling';
import type { Backend } from './backend.js';
import type { Evidence, EventLog } from './event-log.js';

export class SelfPreservation {
  private isKeepingLeases = false;

  constructor(
    private readonly events: EventLog,
    /** The part of the fleet, 0 to 1, that has to fail at once. */
    private readonly ratio: number,
  ) {}

  /** Whether a sweep in which `failing` of `all` backends that were up left their pings unanswered is to be ignored. */
  ignoresSweep(failing: number, all: number): boolean {
    const isOwn = isLikelyLocalFault(failing, all, this.ratio);
    if (isOwn) this.record(`${failing} of ${all} backends left their pings unanswered in one sweep`, { failing, all });
    return isOwn;
  }

  /** The backends that are taken out because their lease has lapsed: nobody when most have at the same time. */
  lapsed(fleet: readonly Backend[], now: number): readonly Backend[] {
    const leased = fleet.filter(({ leaseSeconds }) => leaseSeconds !== undefined);
    const lapsed = leased.filter(({ leaseEndsAt }) => leaseEndsAt <= now);
    const isOwn = isLikelyLocalFault(lapsed.length, leased.length, this.ratio);
    if (isOwn && !this.isKeepingLeases) {
      const evidence = { lapsed: lapsed.length, leased: leased.length };
      this.record(`${lapsed.length} of ${leased.length} leases have lapsed at once`, evidence);
    }
    this.isKeepingLeases = isOwn;
    return isOwn ? [] : lapsed;
  }

  private record(what: string, evidence: Evidence): void {
    const advice = "nobody is taken out for it; is the balancer's own network well?";
    this.events.recordFleetEvent('self-preservation', `${what}: ${advice}`, evidence);
  }
}
