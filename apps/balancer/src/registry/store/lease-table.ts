// The leases of a store that belongs to one balancer: they are kept in memory, because a balancer that starts grants every
// backend a full lease.

import type { LapsedLeases } from './registry-store.js';

/** After this long without a call of `lapsed`, seconds, the store counts as away: backends could not renew either. */
export const AWAY_SECONDS = 5;

interface Lease {
  readonly incarnation: string;
  readonly leaseSeconds: number;
  endsAt: number;
}

export class LeaseTable {
  private readonly leases = new Map<string, Lease>();
  private lookedAt: number;

  /** `now` is a monotonic clock, in seconds. */
  constructor(private readonly now: () => number) {
    this.lookedAt = now();
  }

  /** Starts or restarts the lease of a backend; ends it where `leaseSeconds` is undefined. */
  grant(id: string, incarnation: string, leaseSeconds: number | undefined): void {
    if (leaseSeconds === undefined) this.leases.delete(id);
    else this.leases.set(id, { incarnation, leaseSeconds, endsAt: this.now() + leaseSeconds });
  }

  /** Returns false where there is no such lease. */
  renew(id: string, incarnation: string, leaseSeconds: number): boolean {
    if (this.leases.get(id)?.incarnation !== incarnation) return false;
    this.grant(id, incarnation, leaseSeconds);
    return true;
  }

  end(id: string): void {
    this.leases.delete(id);
  }

  /** The backends whose lease has lapsed, and how many leases there are. */
  lapsed(): LapsedLeases {
    const now = this.now();
    if (this.wasAway) {
      for (const lease of this.leases.values()) lease.endsAt = Math.max(lease.endsAt, now + lease.leaseSeconds);
    }
    this.lookedAt = now;
    return { ids: this.stillLapsed([...this.leases.keys()]), leased: this.leases.size };
  }

  /** Those of these backends whose lease has lapsed. */
  stillLapsed(ids: readonly string[]): string[] {
    if (this.wasAway) return [];
    const now = this.now();
    return ids.filter((id) => (this.leases.get(id)?.endsAt ?? Infinity) <= now);
  }

  private get wasAway(): boolean {
    return this.now() - this.lookedAt > AWAY_SECONDS;
  }
}
