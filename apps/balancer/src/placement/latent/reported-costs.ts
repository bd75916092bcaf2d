// Merges the costs that backends report into one for each class, which is passed on every half second.
import { CostWitnesses, type ResourceVector } from '@fairlead/scheduling';
import { monotonicSeconds } from '../../clock/monotonic.js';
import type { ReportedCost } from './latent-link.js';

/** How long reports are collected before they are passed on. */
const INTERVAL_MS = 500;

export class ReportedCosts {
  private readonly costs: (CostWitnesses | undefined)[] = [];
  /** The classes with reports that were not passed on yet. */
  private readonly pending = new Set<number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly pass: (classId: number, cost: ReportedCost) => void) {}

  /** Takes what a backend reports a request to have cost, units. */
  add(classId: number, slot: number, cost: ResourceVector): void {
    (this.costs[classId] ??= new CostWitnesses(cost.length)).add(slot, cost, monotonicSeconds());
    this.pending.add(classId);
    this.timer ??= setTimeout(() => this.passAll(), INTERVAL_MS).unref();
  }

  /** Forgets a class whose number will be reused. */
  forget(classId: number): void {
    this.costs[classId] = undefined;
    this.pending.delete(classId);
  }

  /** Forgets a backend whose slot will be reused. */
  forgetSlot(slot: number): void {
    for (const costs of this.costs) costs?.forgetSlot(slot);
  }

  private passAll(): void {
    this.timer = undefined;
    for (const classId of this.pending) {
      const costs = this.costs[classId];
      // All that reported may have left.
      if (costs && costs.reports > 0) this.pass(classId, { units: Array.from(costs.median()), reports: costs.reports });
    }
    this.pending.clear();
  }
}
