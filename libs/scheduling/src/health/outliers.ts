// Backends whose answers are far worse than they should be, although they answer pings.

/**
 * How an exchange went for the backend that serves it. `gateway`: 502, 503, 504, or no answer at all; `stalled`: it waits
 * for its answer many times as long as is usual for its kind.
 */
export type ExchangeOutcome = 'good' | 'error' | 'gateway' | 'stalled';

/** What makes a backend an outlier. 0 turns a rule off. */
export interface OutlierRules {
  /** Answers of 500 and above in a row, failed exchanges included. */
  readonly consecutive5xx: number;
  /** Answers of 502, 503 or 504 and failed exchanges in a row; also stalled exchanges without an answer in between. */
  readonly consecutiveGatewayErrors: number;
  /** Part (0 to 1) of the exchanges of a window that failed. */
  readonly failureRatio: number;
  /** How many times as long as usual its answers take, over a window. */
  readonly latencyFactor: number;
  /** A window with fewer exchanges than this says nothing. */
  readonly minRequests: number;
}

/** Why a backend is an outlier: a sentence, and the figures behind it. */
export interface OutlierEvidence {
  readonly reason: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** Counts bad answers in a row, by slot. A dispatching thread has its own: five in a row of one thread are enough. */
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
   * An exchange ended, or stalls. `incarnation` is a number that changes whenever the slot's backend starts anew: what was sent to
   * an earlier one does not count. Answers the evidence, each time a limit is reached.
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
        reason: `${gatewayErrors} exchanges in a row failed or were answered 502, 503 or 504`,
        figures: { consecutiveGatewayErrors: gatewayErrors },
      };
    }
    if (consecutive5xx > 0 && errors % consecutive5xx === 0) {
      return { reason: `${errors} answers in a row were 5xx`, figures: { consecutive5xx: errors } };
    }
    return undefined;
  }

  private recordStall(slot: number): OutlierEvidence | undefined {
    const stalls = ++this.stalls[slot];
    const { consecutiveGatewayErrors: limit } = this.rules;
    if (limit === 0 || stalls % limit !== 0) return undefined;
    return {
      reason: `${stalls} exchanges in a row wait many times as long as is usual for their kind`,
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
  /** Exchanges that ended, well or badly. */
  readonly exchanges: number;
  /** Of these, those that failed or were answered 5xx. */
  readonly failures: number;
  /** Exchanges answered whose usual latency is known. */
  readonly measured: number;
  /** Sum over these of latency over what is usual for requests of their class, a plain number. */
  readonly stretch: number;
}

/** Whether what a backend did in a window makes it an outlier. */
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
      reason: `${measured} answers took ${times} times as long as is usual for their kind`,
      figures: { measured, times },
    };
  }
  return undefined;
}
