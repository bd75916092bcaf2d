// The messages of the event stream: what the dashboard sends to its pages.
import type { FleetMetrics } from '@fairlead/contracts';
import type { Rates } from '../balancer/rates.js';
import type { ClusterSummary } from './cluster-summary.js';
import type { RatePoint } from './rate-history.js';

/** Sent once, when a page opens. */
export interface RateHistoryMessage {
  /** URL of the control plane as people reach it. */
  readonly controlPlane: string;
  /** How far back the chart reaches. */
  readonly spanMs: number;
  readonly points: readonly RatePoint[];
}

/** Sent with every reading of the balancer. */
export interface FleetUpdate {
  /** Wall clock of the reading. */
  readonly atMs: number;
  readonly rates: Rates;
  readonly metrics: FleetMetrics;
  /** Null where the balancer is the only one, with a registry of its own. */
  readonly cluster: ClusterSummary | null;
}

/** Sent when the balancer becomes unavailable or the reason changes. The next {@link FleetUpdate} ends the outage. */
export interface Outage {
  readonly reason: string;
  readonly since: string;
}

/** The data of each type of message. */
export interface StreamMessages {
  readonly history: RateHistoryMessage;
  readonly fleet: FleetUpdate;
  readonly outage: Outage;
  readonly heartbeat: Readonly<Record<string, never>>;
}
