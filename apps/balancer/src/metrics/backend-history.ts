// The load of one backend in the last seconds: means from integrals, and peaks from frequent samples.
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
  /** The integrals now, while they are read. */
  private readonly present: Float64Array;
  private readonly width: number;
  private newest = 0;

  constructor(
    private readonly table: LoadTable,
    private readonly slot: number,
  ) {
    this.width = 1 + table.shape.resourceCount;
    this.present = new Float64Array(this.width);
    this.integrals = new Float64Array(SAMPLES * this.width);
    this.peaks = new Float64Array(SAMPLES * this.width);
  }

  /** Takes a sample. `now`: seconds of the clock that threads share. */
  sample(now: number): void {
    const { present, table, slot, width } = this;
    // Without a whole reading the last sample remains the newest one for a second more.
    if (!table.readIntegrals(slot, now, present)) return;
    this.newest = (this.newest + 1) % SAMPLES;
    this.times[this.newest] = now;
    this.integrals.set(present, this.newest * width);
    for (let i = 0; i < width; i++) this.peaks[this.newest * width + i] = this.inFlightNow(i);
  }

  /** Raises the peaks to what is in flight now. */
  samplePeaks(): void {
    const { newest, peaks, width } = this;
    for (let i = 0; i < width; i++) {
      const units = this.inFlightNow(i);
      if (units > peaks[newest * width + i]) peaks[newest * width + i] = units;
    }
  }

  /** The mean over the last `seconds` and up to a second more, or since the first sample if that is less. */
  mean(seconds: number, now: number): InFlight {
    const { integrals, newest, present, slot, table, times, width } = this;
    const since = this.sampleBefore(now - seconds);
    const isRead = table.readIntegrals(slot, now, present);
    // Without a whole reading the mean ends with the last sample.
    if (!isRead) present.set(integrals.subarray(newest * width, (newest + 1) * width));
    const elapsed = (isRead ? now : times[newest]) - times[since];
    return this.inFlight((i) => {
      if (!(elapsed > 0)) return this.inFlightNow(i);
      return Math.max(0, present[i] - integrals[since * width + i]) / elapsed;
    });
  }

  /** The most that was in flight in the last seconds, as many as there are samples. */
  peak(): InFlight {
    return this.inFlight((i) => {
      let peak = this.inFlightNow(i);
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

  private inFlightNow(i: number): number {
    const { slot, table } = this;
    return i === 0 ? table.active(slot) : table.inFlight(slot, i - 1);
  }
}
