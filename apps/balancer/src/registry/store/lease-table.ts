// The leases of a store that belongs to one balancer: they are kept in memory, because a balancer that starts grants every
// backend a full lease.

/** When nobody has looked for lapsed leases for this long, seconds, backends could not renew either. */
const AWAY_SECONDS = 5;

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

  /** Begins the lease of a backend anew, or ends it: where `leaseSeconds` is undefined, it has none. */
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

  /** The ids whose lease has lapsed. */
  lapsed(): string[] {
    const now = this.now();
    const wasAway = now - this.lookedAt > AWAY_SECONDS;
    this.lookedAt = now;
    if (wasAway) {
      for (const lease of this.leases.values()) lease.endsAt = Math.max(lease.endsAt, now + lease.leaseSeconds);
    }
    return [...this.leases].filter(([, { endsAt }]) => endsAt <= now).map(([id]) => id);
  }
}
