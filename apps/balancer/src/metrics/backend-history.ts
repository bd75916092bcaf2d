// The load of one backend in the last seconds: means from integrals, and peaks from frequent looks.
import type { LoadTable } from '@fairlead/scheduling';

/** Samples are taken once a second; there are as many as Prometheus usually lets pass between two scrapes, and one. */
const SAMPLES = 16;

/** In flight, over some time: exchanges, and units of each resource. */
export interface InFlight {
  readonly exchanges: number;
  readonly demand: readonly number[];
}

/**
 * A ring of samples of one slot. Between two samples, the integral of what is in flight has grown by its mean times the
 * time: no request is missed, however short it is.
 */
export class BackendHistory {
  /** When each sample was taken, seconds; NaN: it was not. */
  private readonly times = new Float64Array(SAMPLES).fill(NaN);
  /** The integrals at that time, exchanges first: at `sample * width`. */
  private readonly integrals: Float64Array;
  /** What was the most in flight from that time on. */
  private readonly peaks: Float64Array;
  private readonly width: number;
  private newest = 0;

  constructor(
    private readonly table: LoadTable,
    private readonly slot: number,
  ) {
    this.width = 1 + table.shape.resourceCount;
    this.integrals = new Float64Array(SAMPLES * this.width);
    this.peaks = new Float64Array(SAMPLES * this.width);
  }

  /** Takes a sample. `now`: seconds of the clock that threads share. */
  sample(now: number): void {
    this.newest = (this.newest + 1) % SAMPLES;
    const { newest, width } = this;
    this.times[newest] = now;
    for (let i = 0; i < width; i++) {
      this.integrals[newest * width + i] = this.integral(i, now);
      this.peaks[newest * width + i] = this.present(i);
    }
  }

  /** Looks at what is in flight, for the peaks. */
  look(): void {
    const { newest, peaks, width } = this;
    for (let i = 0; i < width; i++) {
      const present = this.present(i);
      if (present > peaks[newest * width + i]) peaks[newest * width + i] = present;
    }
  }

  /** The mean over the last `seconds` and up to a second more, or since the first sample if that is less. */
  mean(seconds: number, now: number): InFlight {
    const since = this.sampleBefore(now - seconds);
    const elapsed = now - this.times[since];
    return this.inFlight((i) => {
      if (!(elapsed > 0)) return this.present(i);
      return Math.max(0, this.integral(i, now) - this.integrals[since * this.width + i]) / elapsed;
    });
  }

  /** The most that was in flight in the last seconds, as many as there are samples. */
  peak(): InFlight {
    return this.inFlight((i) => {
      let peak = this.present(i);
      for (let at = i; at < this.peaks.length; at += this.width) peak = Math.max(peak, this.peaks[at]);
      return peak;
    });
  }

  private inFlight(value: (i: number) => number): InFlight {
    return { exchanges: value(0), demand: Array.from({ length: this.width - 1 }, (_, r) => value(1 + r)) };
  }

  /** The newest sample that is at least as old as `time`, or else the oldest. */
  private sampleBefore(time: number): number {
    let found = this.newest;
    for (let age = 0; age < SAMPLES; age++) {
      const at = (this.newest - age + SAMPLES) % SAMPLES;
      if (Number.isNaN(this.times[at])) return found;
      found = at;
      if (this.times[at] <= time) return found;
    }
    return found;
  }

  private integral(i: number, now: number): number {
    const { slot, table } = this;
    return i === 0 ? table.busySeconds(slot, now) : table.demandSeconds(slot, i - 1, now);
  }

  private present(i: number): number {
    const { slot, table } = this;
    return i === 0 ? table.active(slot) : table.inFlight(slot, i - 1);
  }
}
