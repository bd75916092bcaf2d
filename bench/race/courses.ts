// The fleets and loads of the race, and the time scale that lets a small machine run them.
import { mostRequestsPerSecond } from '../placement/bound.js';
import { FLEETS, type Fleet } from '../placement/fleets.js';
import type { RaceOptions } from './options.js';
import { poissonArrivals, type Arrival } from './work.js';

/** Target for λ* in real requests per second: what two cores sustain for client, balancer and backends together. */
const REAL_BOUND = 340;
/** Requests measured in a heat, unless its duration is given. */
const MEASURED = 2_000;
const WARM_UP_SECONDS = 2;
const SEED = 20;

/** A fleet at a pace that this machine can sustain. */
export interface Course {
  readonly fleet: Fleet;
  /** λ*, requests per second, before scaling by `pace`. */
  readonly bound: number;
  /** The factor by which capacities and request rates are scaled up. */
  readonly pace: number;
  /** Units per real second. */
  readonly capacities: readonly (readonly number[])[];
}

/** The traffic on one course at one load, the same for all contenders. */
export interface Cell {
  readonly course: Course;
  /** Fraction of λ*. */
  readonly load: number;
  readonly rate: number;
  readonly measuredSeconds: number;
  readonly warmUpSeconds: number;
  /** Timeout of the client. */
  readonly timeoutSeconds: number;
  readonly arrivals: () => readonly Arrival[];
}

/** The courses of these fleets. */
export function coursesOf({ fleets }: RaceOptions): Course[] {
  return fleets.map((name) => {
    const fleet = FLEETS.find((each) => each.name === name);
    if (!fleet) throw new Error(`bench/placement has no fleet "${name}"`);
    const bound = mostRequestsPerSecond(fleet.capacities, fleet.classes);
    const pace = Math.round((2 * REAL_BOUND) / bound) / 2;
    const capacities = fleet.capacities.map((capacity) => capacity.map((units) => units * pace));
    return { fleet, bound, pace, capacities };
  });
}

/** The cells of a course, lightest load first. */
export function cellsOf(course: Course, { loads, durationSeconds, timeoutSeconds }: RaceOptions): Cell[] {
  return loads.map((load) => {
    const rate = load * course.bound * course.pace;
    const measuredSeconds = durationSeconds ?? Math.ceil(MEASURED / rate);
    const seconds = WARM_UP_SECONDS + measuredSeconds;
    const arrivals = () => poissonArrivals(course.fleet.classes, rate, seconds, SEED);
    return { course, load, rate, measuredSeconds, warmUpSeconds: WARM_UP_SECONDS, timeoutSeconds, arrivals };
  });
}
