// What an exchange needs of the rest of the balancer.
import type { FailureStreaks } from '@fairlead/scheduling';
import type { RequestLog } from '../../metrics/request-log.js';
import type { DrfScheduler } from '../../placement/drf.scheduler.js';
import type { Fleet } from '../../registry/snapshot/fleet.js';
import type { ActiveExchanges } from './active-exchanges.js';
import type { ClientLimits } from '../limits/client-limits.js';
import type { AdmissionQueue } from './admission-queue.js';
import type { RetryBudget } from './retry-budget.js';

/** One for all exchanges of a thread. */
export interface ExchangeContext {
  readonly scheduler: DrfScheduler;
  readonly registry: Fleet;
  readonly log: RequestLog;
  readonly limits: ClientLimits;
  readonly budget: RetryBudget;
  readonly queue: AdmissionQueue;
  readonly active: ActiveExchanges;
  readonly streaks: FailureStreaks;
  /** An exchange that waits this many times its class's usual latency has stalled; 0: none does. */
  readonly stallFactor: number;
  /** Requests of the data plane since its start. */
  readonly counts: { taken: number; unplaced: number; retries: number };
}
