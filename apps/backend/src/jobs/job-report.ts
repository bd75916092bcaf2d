// The response to a job: which backend served it, its demand, and the totals so far.
import type { Demand } from '../work/demand.js';
import type { Totals } from '../work/work-emulator.js';

/** The JSON body of the response; the page shows the same. */
export interface JobReport {
  /** The backend's id in the fleet; null if none is configured and it is not registered yet. */
  readonly backend: string | null;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly demand: Demand;
  /** Units per second. */
  readonly capacity: Demand;
  /** Including this job. */
  readonly totals: Totals;
}
