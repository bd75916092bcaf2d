// What the balancers of a cluster know: of the fleet, of each other, and of their registry.
import type { BackendView, ClusterView } from '@fairlead/contracts';
import { isDeepStrictEqual } from 'node:util';
import { eventsOf } from '../../support/metrics.ts';
import type { BalancerUnderTest, ChaosBackend } from '../scenario.ts';
import { wordsOf } from '../support/control-plane.ts';

const TIME_LIMIT_MS = 2_000;

/**
 * What keeps the balancers from agreeing; undefined when nothing does: each knows these backends and no others, as
 * the first balancer does, sees all balancers live, and has a current registry and nothing that is not stored yet.
 */
export async function differenceOf(
  balancers: readonly BalancerUnderTest[],
  backends: readonly ChaosBackend[],
): Promise<string | undefined> {
  const expected = sorted(backends.map(({ id }) => id)).join(', ');
  const views = await Promise.all(balancers.map(viewOf));
  for (const [i, view] of views.entries()) {
    const name = `balancer ${i + 1}`;
    if (typeof view === 'string') return `${name} does not respond: ${view}`;
    const { members, cluster } = view;
    const known = members.map(({ id }) => id).join(', ');
    if (known !== expected) return `${name} knows ${known || 'no backend'}, not ${expected}`;
    const live = cluster.balancers.filter(({ isLive }) => isLive).length;
    if (live !== balancers.length) return `${name} sees ${live} of ${balancers.length} balancers live`;
    const { state, reason, pendingChanges } = cluster.registry;
    if (state !== 'current') return `${name} has a registry that is ${state}: ${reason}`;
    if (pendingChanges > 0) return `${name} has ${pendingChanges} changes that are not stored`;
    const [first] = views;
    const other =
      typeof first === 'string'
        ? undefined
        : members.findIndex((member, j) => !isDeepStrictEqual(member, first.members[j]));
    if (other !== undefined && other !== -1) return `${name} knows ${members[other].id} otherwise than balancer 1`;
  }
  return undefined;
}

/** The leases that lapsed, as these balancers saw it. */
export async function lapsesOf(balancers: readonly BalancerUnderTest[]): Promise<string[]> {
  const events = (await Promise.all(balancers.map((balancer) => eventsOf(balancer)))).flat();
  return events.filter(({ to, reason }) => to === 'gone' && reason.includes('lapsed')).map(wordsOf);
}

/** They, in a detail. */
export function shown(lapses: readonly string[]): string {
  return lapses.length === 0 ? 'no lease lapsed' : `${lapses.length} leases lapsed: ${lapses.slice(0, 3).join(', ')}`;
}

/** `GET /api/v1/cluster`. */
export function clusterOf({ control }: BalancerUnderTest): Promise<ClusterView> {
  return get<ClusterView>(`${control}/api/v1/cluster`);
}

/** Those of its backends that a balancer knows, sorted by id. */
export async function membersOf({ control }: BalancerUnderTest): Promise<Member[]> {
  const { backends } = await get<{ backends: readonly BackendView[] }>(`${control}/api/v1/backends`);
  return backends.map(memberOf).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What balancers must know alike of a backend: not its health, which each judges for itself. */
type Member = Pick<BackendView, 'id' | 'url' | 'pool' | 'registeredAt' | 'resources' | 'pingPath' | 'labels'> & {
  readonly leaseSeconds: number | undefined;
  readonly isDraining: boolean;
};

async function viewOf(balancer: BalancerUnderTest): Promise<{ members: Member[]; cluster: ClusterView } | string> {
  try {
    return { members: await membersOf(balancer), cluster: await clusterOf(balancer) };
  } catch (error) {
    return (error as Error).message;
  }
}

function memberOf({ id, url, pool, registeredAt, resources, pingPath, labels, lease, drain }: BackendView): Member {
  const leaseSeconds = lease?.leaseSeconds;
  return { id, url, pool, registeredAt, resources, pingPath, labels, leaseSeconds, isDraining: drain !== null };
}

function sorted(ids: readonly string[]): string[] {
  return [...ids].sort((a, b) => (a < b ? -1 : 1));
}

async function get<Body>(url: string): Promise<Body> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  if (!response.ok) throw new Error(`${url} responded ${response.status}`);
  return (await response.json()) as Body;
}
