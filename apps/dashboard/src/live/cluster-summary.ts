// PURE: what pages show of the cluster. With many backends, the views of all balancers would be most of every message.
import type { ClusterView } from '@fairlead/contracts';

type Balancer = ClusterView['balancers'][number];
type State = Balancer['backends'][number]['state'];

/** The most backends that a summary names, of those that are seen differently and of those that cannot be used. */
const MAX_NAMED = 50;

/** A backend that live balancers see in several states. */
export interface Difference {
  readonly backend: string;
  /** In the order of the balancers; `unknown` to those that do not have it in their fleet. */
  readonly views: readonly { readonly balancer: string; readonly state: State | 'unknown' }[];
}

/** A balancer with the number of its backends. */
export interface BalancerSummary extends Omit<Balancer, 'backends'> {
  readonly backends: number;
  readonly up: number;
}

/** The cluster as pages show it. */
export interface ClusterSummary extends Pick<ClusterView, 'cluster' | 'balancer' | 'registry'> {
  readonly balancers: readonly BalancerSummary[];
  /** The first of {@link differing} backends. */
  readonly differences: readonly Difference[];
  /** How many backends are seen differently. */
  readonly differing: number;
  /** How many records of the registry cannot be used; it names the first ones. */
  readonly unusable: number;
}

/** Null where there is only a balancer with a registry of its own: there is nothing to show. */
export function summaryOf({ cluster, balancer, registry, balancers }: ClusterView): ClusterSummary | null {
  if (!registry.isShared && balancers.length < 2) return null;
  const differences = differencesIn(balancers.filter(({ isLive }) => isLive));
  return {
    cluster,
    balancer,
    registry: { ...registry, unusableRecords: registry.unusableRecords.slice(0, MAX_NAMED) },
    balancers: balancers.map(({ backends, ...rest }) => ({
      ...rest,
      backends: backends.length,
      up: backends.filter(({ state }) => state === 'up').length,
    })),
    differences: differences.slice(0, MAX_NAMED),
    differing: differences.length,
    unusable: registry.unusableRecords.length,
  };
}

function differencesIn(balancers: readonly Balancer[]): Difference[] {
  const views = balancers.map(({ id, backends }) => ({
    balancer: id,
    states: new Map(backends.map((backend) => [backend.id, backend.state])),
  }));
  const ids = new Set(balancers.flatMap(({ backends }) => backends.map(({ id }) => id)));
  return [...ids].toSorted().flatMap((backend) => {
    const seen = views.map(({ balancer, states }) => ({
      balancer,
      state: states.get(backend) ?? ('unknown' as const),
    }));
    return seen.every(({ state }) => state === seen[0].state) ? [] : [{ backend, views: seen }];
  });
}
