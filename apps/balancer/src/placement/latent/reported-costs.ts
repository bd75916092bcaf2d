// What backends report requests to have cost, as a mean for each class, which is passed on now and then.
import { ReportedDemand, type ResourceVector } from '@fairlead/scheduling';
import { monotonicSeconds } from '../../clock/monotonic.js';
import type { ReportedCost } from './latent-link.js';

/** How long reports are collected before they are passed on. */
const INTERVAL_MS = 500;

export class ReportedCosts {
  private readonly means: (ReportedDemand | undefined)[] = [];
  /** The classes with reports that were not passed on. */
  private readonly pending = new Set<number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly pass: (classId: number, cost: ReportedCost) => void) {}

  /** Takes the cost of a request, units. */
  add(classId: number, cost: ResourceVector): void {
    const mean = (this.means[classId] ??= new ReportedDemand(cost.length));
    mean.add(cost, mean.reports === 0 ? cost : mean.mean, monotonicSeconds());
    this.pending.add(classId);
    this.timer ??= setTimeout(() => this.passAll(), INTERVAL_MS).unref();
  }

  /** Forgets a class whose number will be reused. */
  forget(classId: number): void {
    this.means[classId] = undefined;
    this.pending.delete(classId);
  }

  private passAll(): void {
    this.timer = undefined;
    for (const classId of this.pending) {
      const mean = this.means[classId];
      if (mean) this.pass(classId, { units: Array.from(mean.mean), reports: mean.reports });
    }
    this.pending.clear();
  }
}
