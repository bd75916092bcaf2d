// Metrics of prom-client whose values are read when they are scraped.
import { Counter, Gauge, Registry, collectDefaultMetrics, type Metric } from 'prom-client';

/** One sample: its labels and its value. */
export type Sample = readonly [labels: Record<string, string>, value: number];

/** The metrics of a process, those of Node included. */
export class CollectedMetrics {
  private readonly register = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.register });
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

  /** Adds a metric that prints itself. */
  add(metric: Metric): void {
    this.register.registerMetric(metric);
  }
}
