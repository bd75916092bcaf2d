// Nothing declared: the runs that measure what it costs to learn the machines as well as the requests.
import { seededRandom, type FleetSnapshot } from '@fairlead/scheduling';
import { COSTLIER, EXACT, HALVED, NOISE, PARALLEL, Trial, type Condition } from './conditions.js';
import { LatentDemand, LearnedDemand, TrueDemand, type DemandModel } from './demand-model.js';
import { FLEETS, LEARNING_FLEETS, type Fleet, type RequestClass } from './fleets.js';
import type { Effort } from './measure.js';
import { randomFleets } from './random-fleets.js';
import { runOf, type Run } from './run.js';
import { simulate, type Outcome, type Scenario } from './simulation.js';
import type { Discipline } from './stations.js';

/** Where the balancer's view of machines and requests comes from. `least-requests` is the policy, with true capacities. */
export type Mode =
  'declared' | 'demand learned' | 'nothing declared' | 'declared wrongly' | 'half declared' | 'least-requests';

/** How a run begins, and which of its requests are measured. */
export interface Course {
  readonly name: string;
  /** Requests before the load is reached, and the load until then, as a fraction of λ*. */
  readonly opening: { readonly requests: number; readonly load: number };
  readonly requests: number;
  /** The fraction of them that is not measured. */
  readonly warmUp: number;
  /** Measures only these requests, counted from the middle of the run. */
  readonly afterHalf?: { readonly from: number; readonly to: number };
}

const NO_OPENING = { requests: 0, load: 1 };
const OPENING = { requests: 3_600, load: 0.4 };
const RAISED: Course = { name: 'raised', opening: OPENING, requests: 8_400, warmUp: 0 };
const COLD: Course = { name: 'cold', opening: NO_OPENING, requests: 12_000, warmUp: 0 };
const COLD_SECOND_HALF: Course = { ...COLD, name: 'cold, second half', warmUp: 0.5 };
const CHANGED: Course = { ...RAISED, name: 'changed', afterHalf: { from: 1_000, to: 3_000 } };

/** Two threads see each other's load at once, and one learner gets the samples of both. */
const THREADS: Condition = {
  name: 'two threads',
  about: 'two threads with one table of load and one learner',
  balancers: 2,
};
const BALANCERS: Condition = {
  name: 'four balancers',
  about: 'four that share neither load nor samples',
  balancers: 4,
};
const THREAD_VIEW_SECONDS_PER_ARRIVAL = 0.1;

/** One situation that modes are compared in. */
export interface Case {
  readonly fleet: Fleet;
  readonly condition: Condition;
  readonly discipline: Discipline;
  /** A fraction of λ*. */
  readonly load: number;
  readonly course: Course;
}

/** By seed. */
export interface Figures {
  /** Seconds. */
  readonly p99: readonly number[];
  /** Mean backlog of the last quarter over that of the third. */
  readonly growth: readonly number[];
}

const SETTING = { condition: EXACT, discipline: 'processor-sharing', load: 0.8, course: RAISED } as const;
/** What the rows of the tables measure, by name. */
export const SITUATIONS = {
  exact: SETTING,
  'exact 0.9': { ...SETTING, load: 0.9 },
  FIFO: { ...SETTING, discipline: 'fifo' },
  parallel: { ...SETTING, condition: PARALLEL },
  noise: { ...SETTING, condition: NOISE },
  'noise FIFO': { ...SETTING, condition: NOISE, discipline: 'fifo' },
  'two threads': { ...SETTING, condition: THREADS },
  'four balancers': { ...SETTING, condition: BALANCERS },
  cold: { ...SETTING, load: 0.6, course: COLD_SECOND_HALF },
  halved: { ...SETTING, condition: HALVED, load: 0.7, course: CHANGED },
  costlier: { ...SETTING, condition: COSTLIER, load: 0.7, course: CHANGED },
  'exact 0.7': { ...SETTING, load: 0.7 },
  random: { ...SETTING, load: 0.7, course: COLD },
} as const satisfies Record<string, Omit<Case, 'fleet'>>;

export type Situation = keyof typeof SITUATIONS;

/** Fleets with bars. */
export const LATENT_FLEETS: readonly Fleet[] = ['polar', 'web', 'skewed-3', 'ladder', 'even', 'original-3'].map(named);
/** All machines and all requests are alike: there is nothing to learn. */
export const EQUAL = named('equal');
export const RANDOM_FLEETS: readonly Fleet[] = randomFleets(50);

const NEWCOMER = { balancers: 4, load: 0.7, requests: 20_000, measured: 1_000, seedsPerSeed: 4 };

/** The results by situation, fleet and mode. */
export class LatentResults {
  private readonly figures = new Map<string, Figures>();
  private readonly newcomers = new Map<string, readonly number[]>();

  set(situation: Situation, fleet: Fleet, mode: Mode, figures: Figures): void {
    this.figures.set([situation, fleet.name, mode].join(), figures);
  }

  /** @throws {Error} when it was not measured. */
  get(situation: Situation, fleet: Fleet, mode: Mode): Figures {
    const figures = this.figures.get([situation, fleet.name, mode].join());
    if (figures === undefined) throw new Error(`not measured: ${situation}, ${fleet.name}, ${mode}`);
    return figures;
  }

  setNewcomer(fleet: Fleet, ratios: readonly number[]): void {
    this.newcomers.set(fleet.name, ratios);
  }

  /** p99 of the first requests of a new balancer, over that of the others at the time. By seed. */
  newcomer(fleet: Fleet): readonly number[] {
    return this.newcomers.get(fleet.name) ?? [];
  }
}

/** All runs. */
export function latentRuns(results: LatentResults, effort: Effort): Run[] {
  const run = (situation: Situation, fleet: Fleet, mode: Mode) =>
    runOf(
      `${fleet.name}, ${situation}, ${mode}`,
      () => measure({ ...SITUATIONS[situation], fleet }, mode, effort),
      (figures) => results.set(situation, fleet, mode, figures),
    );
  const newcomerSeeds = seedsUpTo(effort.learningSeeds.length * NEWCOMER.seedsPerSeed);
  const both = ['declared', 'nothing declared'] as const;
  const main: readonly (readonly [Situation, readonly Mode[]])[] = [
    ['exact', [...both, 'demand learned', 'least-requests']],
    ['exact 0.9', both],
    ['FIFO', both],
    ['parallel', both],
    ['noise', both],
    ['noise FIFO', both],
    ['two threads', both],
    ['four balancers', both],
    ['cold', both],
    ['halved', both],
    ['costlier', both],
    ['exact 0.7', ['declared', 'declared wrongly', 'half declared', 'nothing declared']],
  ];
  return [
    ...LATENT_FLEETS.flatMap((fleet) =>
      main.flatMap(([situation, modes]) => modes.map((m) => run(situation, fleet, m))),
    ),
    ...([...both, 'least-requests'] as const).map((mode) => run('exact', EQUAL, mode)),
    ...RANDOM_FLEETS.flatMap((fleet) => ([...both, 'least-requests'] as const).map((m) => run('random', fleet, m))),
    ...LATENT_FLEETS.map((fleet) =>
      runOf(
        `${fleet.name}, a new balancer`,
        () => newcomerSeeds.map((seed) => newcomer(fleet, seed)),
        (ratios) => results.setNewcomer(fleet, ratios),
      ),
    ),
  ];
}

/** Simulates a case for each seed. */
export function measure(of: Case, mode: Mode, { learningSeeds }: Pick<Effort, 'learningSeeds'>): Figures {
  const outcomes = learningSeeds.map((seed) => ({ seed, outcome: simulate(scenarioOf(of, mode, seed)) }));
  return {
    p99: outcomes.map(({ outcome }) => p99(measuredIn(outcome, of.course))),
    growth: outcomes.map(({ outcome: { backlogByQuarter } }) => backlogByQuarter[3] / backlogByQuarter[2]),
  };
}

function scenarioOf({ fleet, condition, discipline, load, course }: Case, mode: Mode, seed: number): Scenario {
  const trial = new Trial(fleet, condition);
  const policy = mode === 'least-requests' ? mode : 'drf';
  const balancers = condition === BALANCERS ? BALANCERS.balancers : 1;
  const scenario = trial.scenario(policy, load, { requests: course.requests, seed, discipline });
  return {
    ...scenario,
    warmUp: course.warmUp,
    opening: { requests: course.opening.requests, rate: course.opening.load * trial.bound },
    createDemandModel: (declared, classes) => modelOf(mode, { declared, classes, fleet, seed, balancers }),
    ...(condition === BALANCERS && { ownModels: true }),
    ...(condition === THREADS && { hearSeconds: THREAD_VIEW_SECONDS_PER_ARRIVAL / scenario.rate }),
  };
}

interface ModelContext {
  readonly declared: FleetSnapshot;
  readonly classes: readonly RequestClass[];
  readonly fleet: Fleet;
  readonly seed: number;
  /** How many balancers there are that learn by themselves. */
  readonly balancers?: number | undefined;
}

function modelOf(mode: Mode, { declared, classes, fleet, seed, balancers = 1 }: ModelContext): DemandModel {
  if (mode === 'declared' || mode === 'least-requests') return new TrueDemand(declared, classes);
  if (mode === 'demand learned') return new LearnedDemand(declared);
  return new LatentDemand(declared.size, classes.length, seededRandom(seed * 77 + 5), {
    declarations: declarations(mode, fleet, seed),
    balancers,
  });
}

/** What machines declare, by slot: every other one the truth; or each one amounts that are wrong by up to four times. */
function declarations(mode: Mode, { capacities }: Fleet, seed: number): (readonly number[] | undefined)[] {
  if (mode === 'half declared') return capacities.map((capacity, slot) => (slot % 2 === 0 ? capacity : undefined));
  if (mode !== 'declared wrongly') return [];
  const random = seededRandom(seed * 31 + 7);
  return capacities.map((capacity) => capacity.map((units) => units * 4 ** (2 * random() - 1)));
}

/** p99 of the first requests of a balancer that starts with what another has learned, over that of the other three. */
function newcomer(fleet: Fleet, seed: number): number {
  const { balancers, load, requests, measured } = NEWCOMER;
  const trial = new Trial(fleet, { ...EXACT, balancers });
  const outcome = simulate({
    ...trial.scenario('drf', load, { requests, seed, discipline: 'processor-sharing' }),
    warmUp: 0.5,
    ownModels: true,
    lastStartsHalfway: true,
    createDemandModel: (declared, classes) =>
      modelOf('nothing declared', { declared, classes, fleet, seed, balancers }),
  });
  const [own, others]: number[][] = [[], []];
  for (let at = 0; own.length < measured && at < outcome.latencyByArrival.length; at++) {
    (outcome.balancerByArrival[at] === balancers - 1 ? own : others).push(outcome.latencyByArrival[at]);
  }
  return p99(Float64Array.from(own).sort()) / p99(Float64Array.from(others).sort());
}

function measuredIn(outcome: Outcome, { afterHalf, requests }: Course): Float64Array {
  if (afterHalf === undefined) return outcome.latencySeconds;
  const middle = requests >> 1;
  return outcome.latencyByArrival.slice(middle + afterHalf.from, middle + afterHalf.to).sort();
}

function p99(ascending: Float64Array): number {
  return ascending[Math.floor(0.99 * ascending.length)];
}

function named(name: string): Fleet {
  return [...FLEETS, ...LEARNING_FLEETS].find((fleet) => fleet.name === name)!;
}

function seedsUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
