// The cluster in `fairlead status`: its balancers, their registry, and backends that they see differently.
import { balancerViewSchema, clusterViewSchema } from '@fairlead/contracts';
import { z } from 'zod';
import { BalancerError, type ApiResponse, type BalancerApi } from '../balancer-api/balancer-api.js';
import { clock, count, counted, duration, milliseconds, NONE } from '../output/numbers.js';
import { formatTable, type Column, type Pair } from '../output/table.js';
import { styled, printable } from '../output/terminal.js';

/** States and problems are any text: a newer balancer may have more of them. */
const schema = clusterViewSchema.pick({ cluster: true, balancer: true }).extend({
  registry: clusterViewSchema.shape.registry.extend({
    unusableRecords: z.array(z.object({ id: z.string(), reason: z.string() })),
  }),
  balancers: z.array(balancerViewSchema.extend({ backends: z.array(z.object({ id: z.string(), state: z.string() })) })),
});

const REQUEST = { path: 'api/v1/cluster', schema, what: 'its cluster' } as const;

/** The cluster, as far as the command shows it. */
export type ShownCluster = z.infer<typeof schema>;

type ShownBalancer = ShownCluster['balancers'][number];

/** More lines would hide the rest: `--json` has all. */
const MAX_WARNINGS = 10;

/** Undefined: the balancer is of a version without it. */
export async function readCluster(balancer: BalancerApi): Promise<ApiResponse<ShownCluster> | undefined> {
  try {
    return await balancer.send(REQUEST);
  } catch (error) {
    if (error instanceof BalancerError && error.status === 404) return undefined;
    throw error;
  }
}

/** Whether there are other balancers to show, or may be. */
export function hasCluster({ registry, balancers }: ShownCluster): boolean {
  return registry.isShared || balancers.length > 1;
}

/** The lines about the cluster and its registry; about a registry of its own, only if that is away. */
export function clusterPairs(view: ShownCluster): Pair[] {
  const { cluster, balancer, balancers, registry } = view;
  const isAway = registry.state === 'away';
  const registryPair: Pair = ['registry', registryText(registry), isAway ? 'red' : 'green'];
  if (!hasCluster(view)) return isAway ? [registryPair] : [];
  const live = balancers.filter(({ isLive }) => isLive).length;
  const all = counted(balancers.length, 'balancer');
  const present = isAway ? all : `${count(live)} of ${all} live`;
  const style = live === balancers.length ? 'green' : 'yellow';
  return [['cluster', `${cluster}: ${present}, this is ${balancer}`, style], registryPair];
}

/** A table of the balancers, and a line for each problem. */
export function formatCluster(view: ShownCluster): string {
  return [formatTable(columnsFor(view), view.balancers), ...warningsOf(view)].join('\n');
}

function registryText({
  name,
  state,
  since,
  reason,
  confirmedSecondsAgo,
  latencyMs,
  pendingChanges,
}: Registry): string {
  const details = [
    state === 'current' ? `${name}: current` : `away since ${clock(since)}: ${reason ?? name}`,
    confirmedSecondsAgo === null ? undefined : `confirmed ${ago(confirmedSecondsAgo)}`,
    latencyMs === null || state === 'away' ? undefined : `responds in ${milliseconds(latencyMs)}`,
    pendingChanges === 0 ? undefined : `${counted(pendingChanges, 'change')} to be stored`,
  ];
  return details.filter((detail) => detail !== undefined).join(', ');
}

type Registry = ShownCluster['registry'];

function columnsFor({ registry }: ShownCluster): readonly Column<ShownBalancer>[] {
  // Heartbeats pass through the registry.
  const absent = registry.state === 'away' ? 'unknown' : 'no';
  return [
    { title: 'BALANCER', cell: ({ id }) => id },
    { title: 'VERSION', cell: ({ version }) => version, leaveOut: 3 },
    { title: 'ADDRESS', cell: ({ address }) => address || NONE, leaveOut: 4 },
    { title: 'UP SINCE', cell: ({ since }) => clock(since), leaveOut: 2 },
    { title: 'LAST SEEN', cell: ({ lastSeenSecondsAgo }) => ago(lastSeenSecondsAgo), align: 'right', leaveOut: 1 },
    {
      title: 'LIVE',
      cell: ({ isLive }) => (isLive ? 'yes' : absent),
      style: ({ isLive }) => (isLive ? 'green' : absent === 'no' ? 'red' : 'yellow'),
    },
    {
      title: 'BACKENDS UP',
      cell: ({ backends }) => `${count(upIn(backends))} of ${count(backends.length)}`,
      align: 'right',
    },
  ];
}

function upIn(backends: ShownBalancer['backends']): number {
  return backends.filter(({ state }) => state === 'up').length;
}

/** Heartbeats come every second. */
const JUST_NOW_SECONDS = 3;

function ago(seconds: number): string {
  return seconds < JUST_NOW_SECONDS ? 'just now' : `${duration(seconds)} ago`;
}

function warningsOf({ balancers, registry }: ShownCluster): string[] {
  const different = differencesIn(balancers.filter(({ isLive }) => isLive));
  const unusable = registry.unusableRecords.map(({ id, reason }) => `the stored backend ${id} is not used: ${reason}`);
  const warnings = [...different, ...unusable].map((text) => styled('yellow', printable(`warning: ${text}`)));
  if (warnings.length === 0) return [];
  const more = warnings.length - MAX_WARNINGS;
  const rest = more > 0 ? [`and ${counted(more, 'more warning')}: --json has all`] : [];
  return ['', ...warnings.slice(0, MAX_WARNINGS), ...rest];
}

/** A sentence for each backend that these balancers see in several states. */
function differencesIn(balancers: readonly ShownBalancer[]): string[] {
  const views = new Map<string, Map<string, string>>();
  for (const { id: balancer, backends } of balancers) {
    for (const { id, state } of backends) {
      views.set(id, (views.get(id) ?? new Map<string, string>()).set(balancer, state));
    }
  }
  return [...views]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, stateAt]) => {
      const byState = Map.groupBy(
        balancers.map(({ id: balancer }) => balancer),
        (balancer) => stateAt.get(balancer) ?? 'unknown',
      );
      if (byState.size === 1) return [];
      return [
        `balancers see ${id} differently: ${[...byState].map(([state, ids]) => `${state} at ${ids.join(', ')}`).join('; ')}`,
      ];
    });
}
