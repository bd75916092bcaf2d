// What is raced: fleets, loads, and the scale of time that brings them within reach of a small machine.
import { mostRequestsPerSecond } from '../placement/bound.js';
import { FLEETS, type Fleet } from '../placement/fleets.js';
import type { RaceOptions } from './options.js';
import { poissonArrivals, type Arrival } from './work.js';

/** λ* in real requests per second is brought near this: what two cores carry, clients, balancer and backends together. */
const REAL_BOUND = 340;
/** Measured requests of a heat, unless its duration is given. */
const MEASURED = 2_000;
const WARM_UP_SECONDS = 2;
const SEED = 20;

/** The patience of the client: a request not answered by then has failed. */
export const PATIENCE_SECONDS = 10;

/** A fleet at a pace that this machine can race. */
export interface Course {
  readonly fleet: Fleet;
  /** λ*, requests per second, before the pace. */
  readonly bound: number;
  /** How many times faster than said everything goes: capacities and requests per second. */
  readonly pace: number;
  /** Units per real second. */
  readonly capacities: readonly (readonly number[])[];
}

/** The traffic of all contenders on one course at one load. */
export interface Cell {
  readonly course: Course;
  /** Part of λ*. */
  readonly load: number;
  readonly rate: number;
  readonly measuredSeconds: number;
  readonly warmUpSeconds: number;
  readonly arrivals: () => readonly Arrival[];
}

/** The courses of the fleets that were asked for. */
export function coursesOf({ fleets }: RaceOptions): Course[] {
  return fleets.map((name) => {
    const fleet = FLEETS.find((each) => each.name === name);
    if (!fleet) throw new Error(`bench/placement knows no fleet ${name}`);
    const bound = mostRequestsPerSecond(fleet.capacities, fleet.classes);
    const pace = Math.round((2 * REAL_BOUND) / bound) / 2;
    const capacities = fleet.capacities.map((capacity) => capacity.map((units) => units * pace));
    return { fleet, bound, pace, capacities };
  });
}

/** The cells of a course, lightest load first. */
export function cellsOf(course: Course, { loads, durationSeconds }: RaceOptions): Cell[] {
  return loads.map((load) => {
    const rate = load * course.bound * course.pace;
    const measuredSeconds = durationSeconds ?? Math.ceil(MEASURED / rate);
    const seconds = WARM_UP_SECONDS + measuredSeconds;
    const arrivals = () => poissonArrivals(course.fleet.classes, rate, seconds, SEED);
    return { course, load, rate, measuredSeconds, warmUpSeconds: WARM_UP_SECONDS, arrivals };
  });
}
