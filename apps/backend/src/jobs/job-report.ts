// What a job is answered with: who served it, what it needed, and what was served before.
import type { Demand } from '../work/demand.js';
import type { Totals } from '../work/work-emulator.js';

export interface JobReport {
  /** Its id in the fleet; null while the balancer has not answered and none was configured. */
  readonly backend: string | null;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly demand: Demand;
  /** Units per second. */
  readonly capacity: Demand;
  /** With this job. */
  readonly totals: Totals;
}
