// How long outliers are left out, and when the fleet cannot spare them.
import { ejectionSeconds, mayEject } from '@fairlead/scheduling';
import type { BalancerConfig } from '../config/balancer.config.js';
import { stateOf, type Backend, type BackendRecord } from './backend.js';
import type { Evidence, EventLog } from './event-log.js';
import { monotonicSeconds } from '../clock/monotonic.js';

/** A backend that cannot be spared is mentioned once in this time. Seconds. */
const MENTION_PAUSE_SECONDS = 30;

export class Ejections {
  private readonly mentionedAt = new WeakMap<Backend, number>();

  constructor(
    private readonly events: EventLog,
    private readonly config: BalancerConfig,
  ) {}

  /** Whether `backend` may be ejected from `fleet`. When not, that is an event. */
  mayEject(backend: Backend, fleet: readonly Backend[], reason: string, evidence: Evidence | undefined): boolean {
    const others = fleet.filter((other) => other !== backend && !other.draining);
    if (mayEject(others, this.config.MAX_EJECTED_RATIO)) return true;
    const now = monotonicSeconds();
    if (now - (this.mentionedAt.get(backend) ?? -Infinity) >= MENTION_PAUSE_SECONDS) {
      this.mentionedAt.set(backend, now);
      const words = `${reason}; not ejected, for too few would be left`;
      this.events.recordBackendEvent('ejection-skipped', backend.id, stateOf(backend), words, evidence);
    }
    return false;
  }

  /** The ejection begins. One that comes long after the one before begins the count anew. */
  start(backend: BackendRecord): void {
    const { EJECTION_SECONDS, EJECTION_MAX_SECONDS } = this.config;
    const now = monotonicSeconds();
    const isAgain = now - backend.ejectedUntil < EJECTION_MAX_SECONDS;
    backend.ejections = isAgain ? backend.ejections + 1 : 1;
    backend.ejectedUntil = now + ejectionSeconds(backend.ejections, EJECTION_SECONDS, EJECTION_MAX_SECONDS);
  }

  /** Those whose time is over. */
  expired(fleet: Iterable<BackendRecord>): BackendRecord[] {
    const now = monotonicSeconds();
    return [...fleet].filter(({ health, ejectedUntil }) => health.state === 'ejected' && ejectedUntil <= now);
  }
}
