// The conditions that policies are tried under, and the scenarios they make.
import { createPolicy, seededRandom, type PolicyName } from '@fairlead/scheduling';
import { mostRequestsPerSecond } from './bound.js';
import { shiftedMix, type Fleet } from './fleets.js';
import type { Scenario } from './simulation.js';

/** Capacities lie within this part of what was declared, when they are misdeclared. */
const CAPACITY_ERROR = 0.3;
const NOISE_SIGMA = 0.7;
const CAPACITY_SEED = 7;

/** What may be wrong with the world. */
export interface Condition {
  readonly name: string;
  readonly about: string;
  readonly noiseSigma?: number;
  readonly isMisdeclared?: boolean;
  readonly isShifting?: boolean;
  readonly isHalving?: boolean;
  readonly balancers?: number;
  readonly hearSeconds?: number;
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
  about: 'halfway through, the traffic turns to requests that are heavy on the last resource',
  isShifting: true,
};

export const HALVED: Condition = {
  name: 'halved machine',
  about: 'halfway through, the first backend drops to half its capacity without declaring it',
  isHalving: true,
};

/** Everything else that is tried, one thing at a time. */
export const TROUBLES: readonly Condition[] = [
  {
    name: 'parallel',
    about: 'a request uses its resources at the same time, and ends when the last is done',
    layout: 'parallel',
  },
  NOISE,
  NOISY,
  MIX_SHIFT,
  HALVED,
  { name: '4 balancers, blind', about: 'four balancers that do not know of each other', balancers: 4 },
  {
    name: '4 balancers, 1 s',
    about: 'four balancers that exchange their load every second',
    balancers: 4,
    hearSeconds: 1,
  },
];

/** The fleet under a condition: what it can carry, and the scenario of a run at a part of that. */
export class Trial {
  /** λ*, requests per second; the lower one when the condition changes half-way. */
  readonly bound: number;
  private readonly setting: Omit<Scenario, 'rate' | 'requests' | 'seed' | 'discipline' | 'createPolicy'>;

  constructor(
    readonly fleet: Fleet,
    readonly condition: Condition,
  ) {
    const trueCapacities = condition.isMisdeclared === true ? misdeclared(fleet) : fleet.capacities;
    const laterClasses = condition.isShifting === true ? shiftedMix(fleet.classes) : undefined;
    const laterCapacities = condition.isHalving === true ? withFirstHalved(trueCapacities) : undefined;
    this.setting = {
      fleet,
      trueCapacities,
      warmUp: 0.2,
      layout: condition.layout ?? 'series',
      noiseSigma: condition.noiseSigma ?? 0,
      balancers: condition.balancers ?? 1,
      hearSeconds: condition.hearSeconds ?? Infinity,
      ...(laterClasses && { laterClasses }),
      ...(laterCapacities && { laterCapacities }),
    };
    this.bound = Math.min(
      mostRequestsPerSecond(trueCapacities, fleet.classes),
      mostRequestsPerSecond(laterCapacities ?? trueCapacities, laterClasses ?? fleet.classes),
    );
  }

  /** A run at `load`, a part of λ*. */
  scenario(policy: PolicyName, load: number, run: Pick<Scenario, 'requests' | 'seed' | 'discipline'>): Scenario {
    return {
      ...this.setting,
      ...run,
      rate: load * this.bound,
      createPolicy: (context) => createPolicy(policy, context),
    };
  }
}

function misdeclared(fleet: Fleet): number[][] {
  const random = seededRandom(CAPACITY_SEED);
  return fleet.capacities.map((capacity) => capacity.map((units) => units * (1 + CAPACITY_ERROR * (2 * random() - 1))));
}

function withFirstHalved(capacities: readonly (readonly number[])[]): (readonly number[])[] {
  return capacities.map((capacity, backend) => (backend === 0 ? capacity.map((units) => units / 2) : capacity));
}
