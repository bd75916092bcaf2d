// The link between the learning of a worker thread and the model, by messages and by a log in shared memory.
import { LatencyLog } from '@fairlead/scheduling';
import { LatentLink, type Beliefs, type ReportedCost } from '../placement/latent/latent-link.js';
import type { MainThread, ThreadData } from './messages.js';

export class ThreadLatentLink extends LatentLink {
  readonly log: LatencyLog;
  private readonly listeners: ((beliefs: Beliefs) => void)[] = [];

  constructor(
    private readonly main: MainThread,
    { log, beliefs }: NonNullable<ThreadData['learning']>,
  ) {
    super();
    this.log = new LatencyLog(log);
    this.beliefs = beliefs;
  }

  nameClass(classId: number, name: string): void {
    this.main.post({ kind: 'class-named', named: { classId, name, record: this.log.name() } });
  }

  reportCost(name: string, cost: ReportedCost): void {
    this.main.post({ kind: 'cost-reported', name, cost });
  }

  reportUtilization(slot: number, utilization: readonly number[]): void {
    this.main.post({ kind: 'utilization-reported', slot, utilization });
  }

  listen(use: (beliefs: Beliefs) => void): void {
    this.listeners.push(use);
    use(this.beliefs);
  }

  /** Takes what the main thread has sent. */
  replace(beliefs: Beliefs): void {
    this.beliefs = beliefs;
    for (const use of this.listeners) use(beliefs);
  }

  private beliefs: Beliefs;
}
