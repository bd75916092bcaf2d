// Outlier detection: backends whose responses are far worse than expected although their pings succeed.

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
 */
export class FailureStreaks {
  private readonly errors: Uint32Array;
  private readonly gatewayErrors: Uint32Array;
  private readonly stalls: Uint32Array;
  private readonly incarnations: Uint32Array;

  constructor(
    private readonly rules: Pick<OutlierRules, 'consecutive5xx' | 'consecutiveGatewayErrors'>,
    slotCount: number,
  ) {
    this.errors = new Uint32Array(slotCount);
    this.gatewayErrors = new Uint32Array(slotCount);
    this.stalls = new Uint32Array(slotCount);
    this.incarnations = new Uint32Array(slotCount);
  }

  /**
   * Records the outcome of an exchange. `incarnation` grows whenever the slot's backend restarts: exchanges of an
   * earlier incarnation are ignored.
   *
   * @returns the evidence each time a limit, or a multiple of it, is reached.
   */
  record(slot: number, incarnation: number, outcome: ExchangeOutcome): OutlierEvidence | undefined {
    if (incarnation < this.incarnations[slot]) return undefined;
    if (outcome === 'good' || incarnation > this.incarnations[slot]) this.reset(slot, incarnation);
    if (outcome === 'good') return undefined;
    if (outcome === 'stalled') return this.recordStall(slot);
    this.stalls[slot] = 0;
    const errors = ++this.errors[slot];
    const gatewayErrors = outcome === 'gateway' ? ++this.gatewayErrors[slot] : (this.gatewayErrors[slot] = 0);
    const { consecutive5xx, consecutiveGatewayErrors } = this.rules;
    if (consecutiveGatewayErrors > 0 && gatewayErrors > 0 && gatewayErrors % consecutiveGatewayErrors === 0) {
      return {
        reason: `${gatewayErrors} exchanges in a row failed or returned 502, 503 or 504`,
        figures: { consecutiveGatewayErrors: gatewayErrors },
      };
    }
    if (consecutive5xx > 0 && errors % consecutive5xx === 0) {
      return { reason: `${errors} responses in a row were 5xx`, figures: { consecutive5xx: errors } };
    }
    return undefined;
  }

  private recordStall(slot: number): OutlierEvidence | undefined {
    const stalls = ++this.stalls[slot];
    const { consecutiveGatewayErrors: limit } = this.rules;
    if (limit === 0 || stalls % limit !== 0) return undefined;
    return {
      reason: `${stalls} exchanges in a row wait many times as long as is usual for their class`,
      figures: { consecutiveStalls: stalls },
    };
  }

  private reset(slot: number, incarnation: number): void {
    this.errors[slot] = 0;
    this.gatewayErrors[slot] = 0;
    this.stalls[slot] = 0;
    this.incarnations[slot] = incarnation;
  }
}

/** What a backend did in a window. */
export interface WindowCounts {
  /** Exchanges that ended, successful or not. */
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
