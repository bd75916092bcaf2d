// What an exchange needs of the rest of the balancer.
import type { RequestLog } from '../../metrics/request-log.js';
import type { RequestRow } from '../../metrics/request-table.js';
import type { DrfScheduler } from '../../placement/drf.scheduler.js';
import type { Fleet } from '../../registry/snapshot/fleet.js';
import type { ActiveExchanges } from './active-exchanges.js';
import type { ClientLimits } from '../limits/client-limits.js';
import type { PoolExchanges } from './pool-exchanges.js';

/** One for all exchanges of a thread. */
export interface ExchangeContext {
  readonly scheduler: DrfScheduler;
  readonly registry: Fleet;
  readonly log: RequestLog;
  readonly limits: ClientLimits;
  readonly active: ActiveExchanges;
  /** Requests of the data plane since its start. */
  readonly counts: { taken: number; unplaced: number; retries: number; bytesReceived: number; bytesSent: number };
  /** What became of requests, and which there were. */
  readonly requests: RequestRow;
  /** What the exchanges of a pool share. */
  poolOf(name: string): PoolExchanges;
}
