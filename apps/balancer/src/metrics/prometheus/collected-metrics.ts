// Metrics of prom-client whose values are read when they are scraped.
import { Counter, Gauge, Registry, collectDefaultMetrics, type Metric } from 'prom-client';
import { bucketSamples, type HistogramSample } from './histograms.js';

/** Metrics of prom-client that end in `_total` and are no counters, which promtool rejects; each is also there by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** One sample: its labels and its value. */
export type Sample = readonly [labels: Record<string, string>, value: number];

/** The metrics of a process, those of Node included. */
export class CollectedMetrics {
  private readonly register = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.register });
    for (const name of MISNAMED) this.register.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.register.contentType;
  }

  /** The exposition in the Prometheus text format. */
  text(): Promise<string> {
    return this.register.metrics();
  }

  /** Adds a counter. `samples` is called at each scrape. */
  counter(name: string, help: string, labelNames: string[], samples: () => readonly Sample[]): void {
    const collect = function (this: Counter) {
      this.reset();
      for (const [labels, value] of samples()) this.inc(labels, value);
    };
    this.register.registerMetric(new Counter({ name, help, labelNames, collect, registers: [] }));
  }

  /** Adds a gauge. `samples` is called at each scrape. */
  gauge(name: string, help: string, labelNames: string[], samples: () => readonly Sample[]): void {
    const collect = function (this: Gauge) {
      this.reset();
      for (const [labels, value] of samples()) this.set(labels, value);
    };
    this.register.registerMetric(new Gauge({ name, help, labelNames, collect, registers: [] }));
  }

  /** Adds a histogram of seconds. `samples` is called at each scrape. */
  histogram(name: string, help: string, samples: () => readonly HistogramSample[]): void {
    // A histogram of prom-client counts by itself; what it prints is all that is needed.
    const printed = {
      name,
      get: async () => ({
        name,
        help,
        type: 'histogram',
        aggregator: 'sum',
        values: samples().flatMap((sample) => bucketSamples(name, sample)),
      }),
    };
    this.register.registerMetric(printed as unknown as Metric);
  }
}
