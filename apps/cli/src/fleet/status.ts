// `fairlead status`: whether the balancer is well, and a summary of its fleet.
import type { Environment } from '@fairlead/configuration';
import { poolListSchema, type PoolView } from '@fairlead/contracts';
import { z } from 'zod';
import { connect } from '../balancer-api/balancer-api.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { count, duration, milliseconds, NONE, percent, short } from '../output/numbers.js';
import { formatPairs, formatTable, type Column, type Pair } from '../output/table.js';
import { print, printJson } from '../output/terminal.js';
import { clusterPairs, formatCluster, hasCluster, readCluster } from './cluster.js';
import { METRICS } from './metrics-request.js';

const UNAVAILABLE = 503;

const HEALTH = {
  path: 'health/ready',
  schema: z.object({ status: z.string() }),
  what: 'its health',
  allowed: [UNAVAILABLE],
} as const;
const POOLS = { path: 'api/v1/pools', schema: poolListSchema, what: 'pools' } as const;

type Metrics = z.infer<(typeof METRICS)['schema']>;

const STATUS_WORDS = {
  ok: 'ok',
  panic: 'panic: too few backends are up, so the others get requests too',
  degraded: 'degraded: no backend gets requests',
};

/** Prints the summary. */
export async function status(
  flags: BalancerFlags,
  environment: Environment,
  { json }: { readonly json?: true },
): Promise<number> {
  const balancer = connect(flags, environment);
  const [health, metrics, pools, cluster] = await Promise.all([
    balancer.send(HEALTH),
    balancer.send(METRICS),
    balancer.send(POOLS),
    readCluster(balancer),
  ]);
  const isReady = health.status !== UNAVAILABLE;
  if (json) {
    const documents = { health: health.json, metrics: metrics.json, pools: pools.json, cluster: cluster?.json ?? null };
    printJson(documents, 2);
  } else {
    const view = cluster?.body;
    const summary = summaryOf(metrics.body, isReady);
    print(formatPairs([['balancer', balancer.href], ...summary, ...(view ? clusterPairs(view) : [])]));
    print(`\n${formatTable(COUNT_COLUMNS, countsOf(metrics.body.fleet))}`);
    print(`\n${formatTable(POOL_COLUMNS, pools.body.pools)}`);
    if (view && hasCluster(view)) print(`\n${formatCluster(view)}`);
  }
  const isRegistryAway = cluster?.body.registry.state === 'away';
  return isReady && metrics.body.status === 'ok' && !isRegistryAway ? EXIT.ok : EXIT.found;
}

function summaryOf({ fleet, ...metrics }: Metrics, isReady: boolean): Pair[] {
  const word = STATUS_WORDS[metrics.status];
  const style = isReady && metrics.status === 'ok' ? 'green' : 'red';
  return [
    ['status', isReady ? word : `not ready to accept clients; ${word}`, style],
    ['version', `${metrics.version}, up for ${duration(metrics.uptimeSeconds)}`],
    ['policy', metrics.policy],
    ['threads', count(metrics.threads)],
    ['backends', `${count(fleet.up)} of ${count(fleet.backends)} up`],
    ['in flight', `${short(fleet.meanInFlight)}, at most ${count(fleet.peakInFlight)}`],
    ['queued', count(fleet.queued)],
  ];
}

/** What the balancer has counted in a time. */
type Counts = Metrics['fleet']['lastMinute'] | Metrics['fleet'];

/** A figure of the last minute, and the same since the start. */
interface CountRow {
  readonly name: string;
  readonly lastMinute: string;
  readonly sinceStart: string;
}

const COUNT_COLUMNS: readonly Column<CountRow>[] = [
  { title: '', cell: ({ name }) => name },
  { title: 'LAST MIN', cell: ({ lastMinute }) => lastMinute, align: 'right' },
  { title: 'TOTAL', cell: ({ sinceStart }) => sinceStart, align: 'right' },
];

const FIGURES: Readonly<Record<string, (counts: Counts) => string>> = {
  requests: ({ requests }) => count(requests),
  'no backend free': ({ unplaced, requests }) => share(unplaced, requests),
  // Of attempts, of which a request may have several: they have no share of requests.
  'failed attempts': ({ errors }) => count(errors),
  retries: ({ retries }) => count(retries),
  p50: ({ latencyMs }) => (latencyMs === null ? NONE : milliseconds(latencyMs.p50)),
  p99: ({ latencyMs }) => (latencyMs === null ? NONE : milliseconds(latencyMs.p99)),
};

function countsOf(fleet: Metrics['fleet']): readonly CountRow[] {
  return Object.entries(FIGURES).map(([name, of]) => ({
    name,
    lastMinute: of(fleet.lastMinute),
    sinceStart: of(fleet),
  }));
}

function share(part: number, total: number): string {
  return part === 0 ? '0' : `${count(part)} (${percent(part, total)})`;
}

const POOL_COLUMNS: readonly Column<PoolView>[] = [
  { title: 'POOL', cell: ({ name, configured }) => (configured ? name : `${name} (not configured)`) },
  { title: 'POLICY', cell: ({ policy }) => policy, leaveOut: 1 },
  { title: 'UP', cell: ({ backends }) => `${count(backends.up ?? 0)} of ${count(sumOf(backends))}`, align: 'right' },
  { title: 'IN FLIGHT', cell: ({ inFlight }) => count(inFlight), align: 'right' },
  { title: 'QUEUED', cell: ({ queued }) => count(queued), align: 'right', leaveOut: 2 },
];

function sumOf(numbers: Readonly<Record<string, number>>): number {
  return Object.values(numbers).reduce((sum, number) => sum + number, 0);
}
