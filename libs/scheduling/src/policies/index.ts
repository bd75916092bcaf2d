// The policies by name, a sentence each.
import { DrfPolicy } from './drf.policy.js';
import { LeastRequestsPolicy } from './least-requests.policy.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { RatioFitPolicy } from './ratio-fit.policy.js';
import { RoundRobinPolicy } from './round-robin.policy.js';

interface PolicyEntry {
  readonly summary: string;
  readonly create: (context: PolicyContext) => PlacementPolicy;
}

const POLICIES = {
  drf: {
    summary: 'Smallest drift: weighs what the request needs against what each backend has left, resource by resource.',
    create: (context) => new DrfPolicy(context),
  },
  'ratio-fit': {
    summary: "The original rule: the first backend whose ratio of resources is within 20 % of the request's.",
    create: () => new RatioFitPolicy(),
  },
  'round-robin': {
    summary: 'Each backend in its turn.',
    create: () => new RoundRobinPolicy(),
  },
  'least-requests': {
    summary: 'The fewest requests in flight for the size of the backend.',
    create: (context) => new LeastRequestsPolicy(context),
  },
} satisfies Record<string, PolicyEntry>;

/** The name of a policy, as `PLACEMENT_POLICY` takes it. */
export type PolicyName = keyof typeof POLICIES;

/** All policies' names, the default first. */
export const POLICY_NAMES = Object.keys(POLICIES) as PolicyName[];

/** What a policy does, in a sentence. */
export function policySummary(name: PolicyName): string {
  return POLICIES[name].summary;
}

/** A fresh policy of that name. */
export function createPolicy(name: PolicyName, context: PolicyContext): PlacementPolicy {
  return POLICIES[name].create(context);
}
