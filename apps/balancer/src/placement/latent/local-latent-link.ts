// The link of the main thread, in which the model itself is.
import { LatencyLog } from '@fairlead/scheduling';
import { LatentLink, type Beliefs, type ReportedCost } from './latent-link.js';
import type { LatentModel } from './latent-model.js';

export class LocalLatentLink extends LatentLink {
  readonly log: LatencyLog;

  /** @param thread the number of the thread among those that serve clients; undefined: the main thread only explains. */
  constructor(
    private readonly model: LatentModel,
    private readonly thread: number | undefined,
  ) {
    super();
    this.log = thread === undefined ? new LatencyLog() : model.logs[thread];
  }

  nameClass(classId: number, name: string): void {
    if (this.thread === undefined) return;
    this.model.nameClass(this.thread, { classId, name, record: this.log.name() });
  }

  reportCost(name: string, cost: ReportedCost): void {
    if (this.thread !== undefined) this.model.reportCost(this.thread, name, cost);
  }

  reportUtilization(slot: number, utilization: readonly number[]): void {
    if (this.thread !== undefined) this.model.reportUtilization(slot, utilization);
  }

  listen(use: (beliefs: Beliefs) => void): void {
    this.model.listen(use);
  }
}
