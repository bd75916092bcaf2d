// Outlier detection: backends whose responses are far worse than expected although their pings succeed.
import { FailureShares, RecentClients, StreakClients } from './client-spread.js';

/**
 * The outcome of an exchange, as outlier detection counts it. `error`: any other 5xx. `gateway`: 502, 503, 504 or no
 * response at all. `stalled`: still waiting for the response, many times longer than usual for its class.
 */
export type ExchangeOutcome = 'good' | 'error' | 'gateway' | 'stalled';

/** What makes a backend an outlier. 0 turns a rule off. */
export interface OutlierRules {
  /** 5xx responses in a row, failed exchanges included. */
  readonly consecutive5xx: number;
  /** 502, 503 or 504 responses and failed exchanges in a row; also stalled exchanges without a response in between. */
  readonly consecutiveGatewayErrors: number;
  /** Ratio (0 to 1) of failed exchanges in a window. */
  readonly failureRatio: number;
  /** Latency in a window, as a multiple of the baseline latency. */
  readonly latencyFactor: number;
  /** Minimum number of exchanges in a window for the two rules above. */
  readonly minRequests: number;
}

/** Why a backend is an outlier: a sentence, and the figures it is based on. */
export interface OutlierEvidence {
  readonly reason: string;
  readonly figures: Readonly<Record<string, number>>;
}

/**
 * Counts bad responses in a row, by slot. Each dispatching thread has its own: five in a row on one thread are enough.
 * They count when they come from at least three clients, or from all when fewer were seen.
 */
export class FailureStreaks {
  private readonly recent: RecentClients;
  private readonly failingClients = new StreakClients();
  private readonly stallingClients = new StreakClients();
  private readonly failureShares: FailureShares;
  private readonly slownessShares: FailureShares;
  private readonly errors: Uint32Array;
  private readonly gatewayErrors: Uint32Array;
  private readonly stalls: Uint32Array;
  private readonly incarnations: Uint32Array;

  /** @param windowSeconds the window of the rules that compare counts: {@link windowOutlier}. */
  constructor(
    private readonly rules: Pick<OutlierRules, 'consecutive5xx' | 'consecutiveGatewayErrors'>,
    slotCount: number,
    windowSeconds: number,
  ) {
    this.recent = new RecentClients(slotCount);
    this.failureShares = new FailureShares(this.recent, windowSeconds);
    this.slownessShares = new FailureShares(this.recent, windowSeconds);
    this.errors = new Uint32Array(slotCount);
    this.gatewayErrors = new Uint32Array(slotCount);
    this.stalls = new Uint32Array(slotCount);
    this.incarnations = new Uint32Array(slotCount);
  }

  /**
   * Records the outcome of an exchange of one of the clients.
   *
   * @returns the evidence each time a limit, or a multiple of it, is reached.
   */
  record(
    slot: number,
    incarnation: number,
    outcome: ExchangeOutcome,
    client: string,
    nowSeconds: number,
  ): OutlierEvidence | undefined {
    this.recent.add(slot, client, nowSeconds);
    if (incarnation < this.incarnations[slot]) return undefined;
    if (outcome === 'good' || incarnation > this.incarnations[slot]) this.reset(slot, incarnation);
    if (outcome === 'good') return undefined;
    if (outcome === 'stalled') return this.recordStall(slot, client, nowSeconds);
    this.endStalls(slot);
    const errors = ++this.errors[slot];
    const gatewayErrors = outcome === 'gateway' ? ++this.gatewayErrors[slot] : (this.gatewayErrors[slot] = 0);
    const isNewClient = this.failingClients.add(slot, client);
    if (!this.recent.areEnough(slot, this.failingClients.of(slot), nowSeconds)) return undefined;
    const { consecutive5xx, consecutiveGatewayErrors } = this.rules;
    if (isDue(gatewayErrors, consecutiveGatewayErrors, isNewClient)) {
      return {
        reason: `${gatewayErrors} exchanges in a row failed or returned 502, 503 or 504`,
        figures: { consecutiveGatewayErrors: gatewayErrors },
      };
    }
    if (isDue(errors, consecutive5xx, isNewClient)) {
      return { reason: `${errors} responses in a row were 5xx`, figures: { consecutive5xx: errors } };
    }
    return undefined;
  }

  /** Whether a failure is to be left out of the window's counts, because one client has most of them. Once per failure. */
  isExcessFailure(slot: number, client: string, nowSeconds: number): boolean {
    return this.failureShares.isExcess(slot, client, nowSeconds);
  }

  /** The same of a response that took far longer than is usual. */
  isExcessSlowness(slot: number, client: string, nowSeconds: number): boolean {
    return this.slownessShares.isExcess(slot, client, nowSeconds);
  }

  /** Forgets a backend whose slot will be reused: another backend there begins with its first incarnation. */
  forgetBackend(slot: number): void {
    this.reset(slot, 0);
  }

  private recordStall(slot: number, client: string, nowSeconds: number): OutlierEvidence | undefined {
    const stalls = ++this.stalls[slot];
    const isNewClient = this.stallingClients.add(slot, client);
    if (!isDue(stalls, this.rules.consecutiveGatewayErrors, isNewClient)) return undefined;
    if (!this.recent.areEnough(slot, this.stallingClients.of(slot), nowSeconds)) return undefined;
    return {
      reason: `${stalls} exchanges in a row wait many times as long as is usual for their class`,
      figures: { consecutiveStalls: stalls },
    };
  }

  private reset(slot: number, incarnation: number): void {
    if (this.errors[slot] > 0) this.failingClients.clear(slot);
    this.errors[slot] = 0;
    this.gatewayErrors[slot] = 0;
    this.endStalls(slot);
    this.incarnations[slot] = incarnation;
  }

  private endStalls(slot: number): void {
    if (this.stalls[slot] > 0) this.stallingClients.clear(slot);
    this.stalls[slot] = 0;
  }
}

/** Whether a row of `count` failures is evidence: at each multiple of the limit, and when a further client makes it so. */
function isDue(count: number, limit: number, isNewClient: boolean): boolean {
  return limit > 0 && count >= limit && (count % limit === 0 || isNewClient);
}

/** What a backend did in a window. */
export interface WindowCounts {
  /** Exchanges that ended, successful or not, without the failures that are one client's excess. */
  readonly exchanges: number;
  /** Those of them that failed or returned 5xx. */
  readonly failures: number;
  /** Completed exchanges whose baseline latency is known. */
  readonly measured: number;
  /** Sum of latency / baseline latency of their class over these exchanges; no unit. */
  readonly stretch: number;
}

/** Returns the evidence when the counts of a window make a backend an outlier. */
export function windowOutlier(
  { exchanges, failures, measured, stretch }: WindowCounts,
  { failureRatio, latencyFactor, minRequests }: OutlierRules,
): OutlierEvidence | undefined {
  if (failureRatio > 0 && exchanges >= minRequests && failures >= failureRatio * exchanges) {
    const percent = Math.round((100 * failures) / exchanges);
    return { reason: `${percent} % of ${exchanges} exchanges failed`, figures: { exchanges, failures } };
  }
  if (latencyFactor > 0 && measured >= minRequests && stretch >= latencyFactor * measured) {
    const times = Math.round((10 * stretch) / measured) / 10;
    return {
      reason: `${measured} responses took ${times} times as long as is usual for their class`,
      figures: { measured, times },
    };
  }
  return undefined;
}
