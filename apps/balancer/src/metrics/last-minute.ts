// What was counted of the whole fleet in the last minute: the totals now, minus those a minute ago.
import { LATENCY_BUCKETS } from '@fairlead/scheduling';

/** Samples are taken once a second. */
const SAMPLES = 61;

/** Totals of the fleet since the start. */
export interface FleetTotals {
  readonly requests: number;
  readonly unplaced: number;
  readonly retries: number;
  readonly errors: number;
  /** Requests by latency bucket. */
  readonly latencies: Float64Array;
}

/** A ring of totals. */
export class LastMinute {
  private readonly samples: { at: number; totals: FleetTotals }[] = [];
  private next = 0;

  /** `now`: monotonic seconds. */
  sample(totals: FleetTotals, now: number): void {
    this.samples[this.next] = { at: now, totals };
    this.next = (this.next + 1) % SAMPLES;
  }

  /** What was counted since the oldest sample, until `totals`. Without a sample, all of it. */
  until(totals: FleetTotals, now: number): FleetTotals & { readonly seconds: number } {
    const oldest = this.samples[this.next] ?? this.samples[0] ?? { at: now, totals: NOTHING };
    const before = oldest.totals;
    return {
      seconds: now - oldest.at,
      requests: totals.requests - before.requests,
      unplaced: totals.unplaced - before.unplaced,
      retries: totals.retries - before.retries,
      errors: totals.errors - before.errors,
      latencies: totals.latencies.map((count, bucket) => count - before.latencies[bucket]),
    };
  }
}

const NOTHING: FleetTotals = {
  requests: 0,
  unplaced: 0,
  retries: 0,
  errors: 0,
  latencies: new Float64Array(LATENCY_BUCKETS),
};
