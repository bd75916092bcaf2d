// All policies by name, with a one-sentence summary each.
import { BestFitPolicy } from './best-fit.policy.js';
import { DRF_CHOICES, DrfPolicy } from './drf.policy.js';
import { LeastRequestsPolicy } from './least-requests.policy.js';
import { MaglevPolicy } from './maglev.policy.js';
import { MinDominantSharePolicy } from './min-dominant-share.policy.js';
import { PeakEwmaPolicy } from './peak-ewma.policy.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { PowerOfTwoPolicy } from './power-of-two.policy.js';
import { PrequalPolicy } from './prequal.policy.js';
import { RandomPolicy } from './random.policy.js';
import { RatioFitPolicy } from './ratio-fit.policy.js';
import { RoundRobinPolicy } from './round-robin.policy.js';
import { WeightedRoundRobinPolicy } from './weighted-round-robin.policy.js';

interface PolicyEntry {
  readonly summary: string;
  /** Why no one can say which backend is next; absent when the load and the request alone decide. */
  readonly chance?: string;
  readonly create: (context: PolicyContext) => PlacementPolicy;
}

const POLICIES = {
  drf: {
    summary: 'Smallest drift: weighs what the request needs against what each backend has left, resource by resource.',
    create: (context) => new DrfPolicy(context),
  },
  'ratio-fit': {
    summary: "The original rule: the first backend whose ratio of resources is within 20 % of the request's.",
    chance: 'it takes the backends in turn as long as their ratio fits, and each thread has its own turn',
    create: () => new RatioFitPolicy(),
  },
  'round-robin': {
    summary: 'Each backend in turn.',
    chance: 'it takes the backends in turn, and each thread has its own turn',
    create: () => new RoundRobinPolicy(),
  },
  'least-requests': {
    summary: 'The backend with the fewest requests in flight relative to its size.',
    create: (context) => new LeastRequestsPolicy(context),
  },
  random: {
    summary: 'Any backend, with equal probability.',
    chance: 'it draws a backend at random',
    create: (context) => new RandomPolicy(context),
  },
  'weighted-round-robin': {
    summary: 'Each backend in proportion to its size, evenly interleaved.',
    chance: 'it takes the backends in turn, and each thread has its own turn',
    create: (context) => new WeightedRoundRobinPolicy(context),
  },
  'power-of-two': {
    summary: 'Of two backends picked at random, the one with fewer requests in flight relative to its size.',
    chance: 'it draws two backends at random',
    create: (context) => new PowerOfTwoPolicy(context),
  },
  'peak-ewma': {
    summary:
      'Of two backends picked at random, the one with the smaller product of recent latency and requests in flight.',
    chance: 'it draws two backends at random',
    create: (context) => new PeakEwmaPolicy(context),
  },
  prequal: {
    summary: 'The lowest latency among the backends that do not have unusually many requests in flight.',
    chance: 'it compares latencies that each thread has measured by itself',
    create: (context) => new PrequalPolicy(context),
  },
  'min-dominant-share': {
    summary: 'The backend whose most loaded resource would be least loaded.',
    create: (context) => new MinDominantSharePolicy(context),
  },
  'best-fit': {
    summary: 'The backend whose free resources have the shape of the request (Best-Fit DRFH).',
    create: (context) => new BestFitPolicy(context),
  },
  maglev: {
    summary: 'The backend that the affinity key of the request hashes to, even when other backends join or leave.',
    create: (context) => new MaglevPolicy(context),
  },
  'drf-sampled': {
    summary: 'Smallest drift among 32 random backends and the previous best, as drf does above 200 backends.',
    create: (context) => new DrfPolicy(context, DRF_CHOICES),
  },
} satisfies Record<string, PolicyEntry>;

/** The name of a policy, as accepted by `PLACEMENT_POLICY`. */
export type PolicyName = keyof typeof POLICIES;

/** All policy names, the default first. */
export const POLICY_NAMES = Object.keys(POLICIES) as PolicyName[];

/** Returns a one-sentence description of a policy. */
export function policySummary(name: PolicyName): string {
  return POLICIES[name].summary;
}

/**
 * Returns why it cannot be said which backend a policy chooses next, as the end of a sentence that begins with its name;
 * undefined when the load and the request alone decide.
 */
export function policyChance(name: PolicyName, affinity: number | undefined): string | undefined {
  if (name === 'maglev' && affinity === undefined)
    return 'it sends a request without an affinity key to a random backend';
  const { chance }: PolicyEntry = POLICIES[name];
  return chance;
}

/** Creates a policy of that name, with its own state. */
export function createPolicy(name: PolicyName, context: PolicyContext): PlacementPolicy {
  return POLICIES[name].create(context);
}
