// The conditions that policies are tested under, and their scenarios.
import { createPolicy, seededRandom, type PolicyName } from '@fairlead/scheduling';
import { mostRequestsPerSecond } from './bound.js';
import { shiftedMix, type Fleet, type RequestClass } from './fleets.js';
import type { Scenario } from './simulation.js';

/** Misdeclared capacities differ from the declared ones by at most this fraction. */
const CAPACITY_ERROR = 0.3;
const NOISE_SIGMA = 0.7;
const CAPACITY_SEED = 7;
const COST_INCREASE = 3;

/** How reality may differ from what is declared. */
export interface Condition {
  readonly name: string;
  readonly about: string;
  readonly noiseSigma?: number;
  readonly isMisdeclared?: boolean;
  readonly isShifting?: boolean;
  readonly isHalving?: boolean;
  readonly isGettingCostlier?: boolean;
  readonly balancers?: number;
  readonly hearSeconds?: number;
  readonly reportsLoad?: boolean;
  readonly layout?: Scenario['layout'];
}

export const EXACT: Condition = { name: 'exact', about: 'demands and capacities are as declared' };

export const NOISY: Condition = {
  name: 'noise and error',
  about: 'work is log-normal around the declared demand (σ = 0.7), capacities are misdeclared by up to 30 %',
  noiseSigma: NOISE_SIGMA,
  isMisdeclared: true,
};

export const NOISE: Condition = {
  name: 'noise',
  about: 'work is log-normal around the declared demand (σ = 0.7)',
  noiseSigma: NOISE_SIGMA,
};

export const MIX_SHIFT: Condition = {
  name: 'mix shift',
  about: 'halfway through, the traffic shifts to requests that are heavy on the last resource',
  isShifting: true,
};

export const HALVED: Condition = {
  name: 'halved machine',
  about: 'halfway through, the first backend drops to half its capacity without declaring it',
  isHalving: true,
};

export const PARALLEL: Condition = {
  name: 'parallel',
  about: 'a request uses its resources at the same time, and ends when the last is done',
  layout: 'parallel',
};

export const COSTLIER: Condition = {
  name: 'costlier classes',
  about: 'halfway through, the requests of every third class, from the first, begin to need three times as much',
  isGettingCostlier: true,
};

/** The other conditions, each a single deviation. */
export const ADVERSE_CONDITIONS: readonly Condition[] = [
  PARALLEL,
  NOISE,
  NOISY,
  MIX_SHIFT,
  HALVED,
  { name: '4 balancers, blind', about: 'four balancers that do not share their load', balancers: 4 },
  {
    name: '4 balancers, 1 s',
    about: 'four balancers that exchange their load every second',
    balancers: 4,
    hearSeconds: 1,
  },
];

/** A fleet under a condition: the load it can sustain, and the scenario of a run at a fraction of it. */
export class Trial {
  /** λ*, requests per second; the lower one when the condition changes halfway. */
  readonly bound: number;
  private readonly setting: Omit<Scenario, 'rate' | 'requests' | 'seed' | 'discipline' | 'createPolicy'>;

  constructor(
    readonly fleet: Fleet,
    readonly condition: Condition,
  ) {
    const trueCapacities = condition.isMisdeclared === true ? misdeclared(fleet) : fleet.capacities;
    const laterClasses = laterClassesOf(fleet, condition);
    const laterCapacities = condition.isHalving === true ? withFirstHalved(trueCapacities) : undefined;
    this.setting = {
      fleet,
      trueCapacities,
      warmUp: 0.2,
      layout: condition.layout ?? 'series',
      noiseSigma: condition.noiseSigma ?? 0,
      balancers: condition.balancers ?? 1,
      hearSeconds: condition.hearSeconds ?? Infinity,
      reportsLoad: condition.reportsLoad ?? false,
      ...(laterClasses && { laterClasses }),
      ...(laterCapacities && { laterCapacities }),
    };
    this.bound = Math.min(
      mostRequestsPerSecond(trueCapacities, fleet.classes),
      mostRequestsPerSecond(laterCapacities ?? trueCapacities, laterClasses ?? fleet.classes),
    );
  }

  /** A run at `load`, a fraction of λ*. */
  scenario(policy: PolicyName, load: number, run: Pick<Scenario, 'requests' | 'seed' | 'discipline'>): Scenario {
    return {
      ...this.setting,
      ...run,
      rate: load * this.bound,
      createPolicy: (context) => createPolicy(policy, context),
    };
  }
}

function laterClassesOf({ classes }: Fleet, condition: Condition): RequestClass[] | undefined {
  if (condition.isShifting === true) return shiftedMix(classes);
  if (condition.isGettingCostlier !== true) return undefined;
  return classes.map(({ probability, demand }, k) => ({
    probability,
    demand: k % 3 === 0 ? demand.map((units) => COST_INCREASE * units) : demand,
  }));
}

function misdeclared(fleet: Fleet): number[][] {
  const random = seededRandom(CAPACITY_SEED);
  return fleet.capacities.map((capacity) => capacity.map((units) => units * (1 + CAPACITY_ERROR * (2 * random() - 1))));
}

function withFirstHalved(capacities: readonly (readonly number[])[]): (readonly number[])[] {
  return capacities.map((capacity, backend) => (backend === 0 ? capacity.map((units) => units / 2) : capacity));
}
