// Whether requests may still be placed on the fleet that this thread has. A balancer that was suspended wakes with the
// fleet of that time, while backends have left and are served by others only.
import { Injectable } from '@nestjs/common';
import { sharedSecondsFromSeconds } from '../../clock/monotonic.js';
import { ClusterFacts } from './cluster-facts.js';
import { Fleet } from './fleet.js';

/** How soon it is noticed that the fleet is valid for a shorter time than before: when the registry comes back. Seconds. */
const MAX_TRUST_SECONDS = 1;

/** Reads {@link ClusterFacts} about once a second, and otherwise compares a time with a number of this thread. */
@Injectable()
export class FleetValidity {
  /** Until when the fleet is valid as far as this thread has looked, monotonic seconds. */
  private trustedUntil = -Infinity;
  /** The validity that the fleet of this thread is known to have. */
  private confirmedUntil = Infinity;

  constructor(
    private readonly facts: ClusterFacts,
    private readonly fleet: Fleet,
  ) {}

  /** Whether requests may be placed at a monotonic time, seconds. */
  isValidAt(nowSeconds: number): boolean {
    return nowSeconds <= this.trustedUntil || this.look(nowSeconds);
  }

  /**
   * A validity belongs to a fleet that may still wait on the message port of this thread: the main thread waits a second at
   * most for a thread to acknowledge a fleet, and after SIGCONT it may run first. But it posts the fleet before it writes
   * the validity. So here the validity is read **before** the port is emptied: a fleet that belongs to what was read is
   * applied by then. The other way round, both could arrive in between, and the thread would use its old fleet as valid.
   */
  private look(nowSeconds: number): boolean {
    const { validUntilSeconds } = this.facts;
    if (validUntilSeconds !== this.confirmedUntil) {
      this.fleet.catchUp();
      this.confirmedUntil = validUntilSeconds;
    }
    const leftSeconds = validUntilSeconds - sharedSecondsFromSeconds(nowSeconds);
    this.trustedUntil = nowSeconds + Math.min(leftSeconds, MAX_TRUST_SECONDS);
    return leftSeconds >= 0;
  }
}
