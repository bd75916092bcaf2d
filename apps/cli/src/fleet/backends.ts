// `fairlead backends`: the backends, with their state and load.
import type { Environment } from '@fairlead/configuration';
import { connect } from '../balancer-api/balancer-api.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { count, milliseconds, NONE, short } from '../output/numbers.js';
import { formatTable, type Column } from '../output/table.js';
import { print, printJson } from '../output/terminal.js';
import { requireState, styleOf } from './backend-states.js';
import { METRICS, type ShownBackend } from './metrics-request.js';

/** Which backends to list, and how. */
export interface BackendsOptions {
  readonly pool?: string;
  readonly state?: string;
  readonly json?: true;
}

/** Prints them, sorted by id. */
export async function backends(
  flags: BalancerFlags,
  environment: Environment,
  { pool, state, json }: BackendsOptions,
): Promise<number> {
  const wanted = state === undefined ? undefined : requireState(state);
  const balancer = connect(flags, environment);
  const response = await balancer.send(METRICS);
  const isShown = (backend: ShownBackend) =>
    (pool === undefined || backend.pool === pool) && (wanted === undefined || backend.state === wanted);
  const { backends: fleet, resources } = response.body;
  if (json) {
    const { backends: sent } = response.json as { readonly backends: readonly ShownBackend[] };
    printJson({ backends: sent.filter(isShown) }, 2);
    return EXIT.ok;
  }
  const shown = fleet.filter(isShown);
  if (shown.length > 0) print(formatTable(columnsFor(resources), shown));
  else print(fleet.length === 0 ? 'no backend has joined' : `no backend matches (${count(fleet.length)} in the fleet)`);
  return EXIT.ok;
}

function columnsFor(resources: readonly string[]): readonly Column<ShownBackend>[] {
  const backlogs = resources.map((name): Column<ShownBackend> => {
    // Of a backend that declared nothing, the backlog in seconds is not known.
    const cell = ({ capacity, meanBacklogSeconds }: ShownBackend) =>
      capacity ? milliseconds((meanBacklogSeconds[name] ?? 0) * 1000) : NONE;
    return { title: `${name.toUpperCase()} BACKLOG`, cell, align: 'right', leaveOut: 5 };
  });
  return [
    { title: 'ID', cell: ({ id }) => id },
    { title: 'POOL', cell: ({ pool }) => pool, leaveOut: 4 },
    { title: 'STATE', cell: ({ state }) => state, style: ({ state }) => styleOf(state) },
    { title: 'URL', cell: ({ url }) => url, leaveOut: 6 },
    { title: 'IN FLIGHT', cell: ({ meanInFlight }) => short(meanInFlight), align: 'right', leaveOut: 1 },
    { title: 'PEAK', cell: ({ peakInFlight }) => count(peakInFlight), align: 'right', leaveOut: 5 },
    ...backlogs,
    { title: 'REQUESTS', cell: ({ requests }) => count(requests), align: 'right', leaveOut: 2 },
    { title: 'ERRORS', cell: ({ errors }) => count(errors), align: 'right', leaveOut: 3 },
    {
      title: 'P99',
      cell: ({ latencyMs }) => (latencyMs ? milliseconds(latencyMs.p99) : NONE),
      align: 'right',
      leaveOut: 3,
    },
  ];
}
