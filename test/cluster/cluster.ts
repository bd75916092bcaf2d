// Balancers that share a registry in one Redis server, as tests start them.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterView } from '@fairlead/contracts';
import { whenTestEnds, type AtEnd } from '../support/lifetime.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import type { RedisServer } from '../support/redis.js';

/** A balancer of a cluster. */
export interface Member extends Balancer {
  readonly id: string;
}

/** What a balancer is started with in a cluster of its own in a server. */
export function clusterVariables({ url }: RedisServer): Record<string, string> {
  return { REGISTRY_URL: url, REGISTRY_PREFIX: randomUUID(), CLUSTER_ID: 'tests' };
}

/** Starts balancers that see each other when this resolves. */
export async function startCluster(
  variables: Record<string, string>,
  ids: readonly string[],
  atEnd: AtEnd = whenTestEnds,
): Promise<Member[]> {
  const started = ids.map(async (id) => ({ ...(await startBalancer({ ...variables, BALANCER_ID: id }, atEnd)), id }));
  const members = await Promise.all(started);
  for (const member of members) {
    await until(`${member.id} to see all`, async () => (await liveAt(member)).length >= ids.length);
  }
  return members;
}

/** The API's view of the cluster, from one balancer. */
export async function clusterAt({ control }: Balancer): Promise<ClusterView> {
  return (await (await fetch(`${control}/api/v1/cluster`)).json()) as ClusterView;
}

/** The ids of the balancers that one sees live. */
export async function liveAt(balancer: Balancer): Promise<string[]> {
  return (await clusterAt(balancer)).balancers.filter(({ isLive }) => isLive).map(({ id }) => id);
}

/** A backend as tests look at it. */
export interface Seen {
  readonly id: string;
  readonly state: string;
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lease: { readonly expiresInSeconds: number | null } | null;
  readonly drain: { readonly complete: boolean } | null;
}

/** The fleet, from one balancer. */
export async function fleetAt({ control }: Balancer): Promise<Seen[]> {
  return ((await (await fetch(`${control}/api/v1/backends`)).json()) as { backends: Seen[] }).backends;
}

/** Waits until every balancer has these backends, up where no state is given. */
export async function allSee(balancers: readonly Balancer[], states: Record<string, string>): Promise<void> {
  for (const balancer of balancers) {
    await until(`all to see ${JSON.stringify(states)}`, async () => {
      const seen = Object.fromEntries((await fleetAt(balancer)).map(({ id, state }) => [id, state]));
      return JSON.stringify(seen) === JSON.stringify(states);
    });
  }
}

/** Sends a request to the control plane of a balancer. */
export async function ask({ control }: Balancer, method: string, path: string, secret?: string): Promise<Response> {
  return fetch(`${control}${path}`, {
    method,
    headers: secret === undefined ? {} : { 'fairlead-backend-secret': secret },
  });
}

/** How often a lease is renewed, milliseconds: well below the shortest one of these tests. */
const RENEW_MS = 200;

/** Renews leases at a balancer until the function that it returns has resolved. */
export function keepRenewing(balancer: Balancer, ids: readonly string[], secret?: string): () => Promise<void> {
  const stopping = new AbortController();
  const renewing = (async () => {
    while (!stopping.signal.aborted) {
      for (const id of ids) await ask(balancer, 'PUT', `/api/v1/backends/${id}/lease`, secret);
      await sleep(RENEW_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return async () => {
    stopping.abort();
    await renewing;
  };
}
