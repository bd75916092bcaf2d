// How long outliers stay ejected, and when their pool can spare no further backend.
import { ejectionSeconds, mayEject } from '@fairlead/scheduling';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { CurrentTraffic } from '../traffic-config/current-traffic.js';
import type { Backend, BackendRecord } from './backend.js';
import type { Evidence, EventLog } from './event-log.js';

/** At most one `ejection-skipped` event per backend in this time. */
const SKIPPED_EVENT_INTERVAL_SECONDS = 30;

export class Ejections {
  /** When `ejection-skipped` was last recorded of a backend, monotonic seconds. */
  private readonly skippedAt = new WeakMap<Backend, number>();

  constructor(
    private readonly events: EventLog,
    private readonly traffic: CurrentTraffic,
  ) {}

  /** Whether `backend` may be ejected from its pool in `fleet`. */
  mayEject(backend: Backend, fleet: Iterable<Backend>): boolean {
    const { pool } = backend;
    const others = [...fleet].filter((other) => other !== backend && other.pool === pool && !other.draining);
    return mayEject(others, this.traffic.settingsOf(pool).outliers.maxEjectedRatio);
  }

  /** Records that an outlier was not ejected. `reason` is what makes it an outlier. */
  recordSkipped(backend: Backend, reason: string, evidence: Evidence | undefined): void {
    const now = monotonicSeconds();
    if (now - (this.skippedAt.get(backend) ?? -Infinity) < SKIPPED_EVENT_INTERVAL_SECONDS) return;
    this.skippedAt.set(backend, now);
    const sentence = `${reason}; not ejected, because too few backends would be left`;
    this.events.recordBackendEvent('ejection-skipped', backend, sentence, evidence);
  }

  /** Starts an ejection. One that comes more than the longest ejection after the last one ended counts as the first. */
  start(backend: BackendRecord): void {
    const { ejectionSeconds: seconds, maxEjectionSeconds } = this.traffic.settingsOf(backend.pool).outliers;
    const now = monotonicSeconds();
    const isAgain = now - backend.ejectedUntil < maxEjectionSeconds;
    backend.ejections = isAgain ? backend.ejections + 1 : 1;
    backend.ejectedUntil = now + ejectionSeconds(backend.ejections, seconds, maxEjectionSeconds);
  }

  /** The backends whose ejection is over. */
  expired(fleet: Iterable<BackendRecord>): BackendRecord[] {
    const now = monotonicSeconds();
    return [...fleet].filter(({ health, ejectedUntil }) => health.state === 'ejected' && ejectedUntil <= now);
  }
}
