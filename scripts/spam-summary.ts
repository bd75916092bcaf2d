// The tables that `npm run spam` prints.
import type { Result } from 'autocannon';
import Table from 'cli-table3';

/** The fields of the balancer's `GET /api/v1/metrics` that the summary uses. */
export interface FleetReading {
  readonly resources: readonly string[];
  readonly backends: readonly BackendReading[];
}

interface BackendReading {
  readonly id: string;
  readonly state: string;
  readonly requests: number;
  readonly errors: number;
  readonly totals: Readonly<Record<string, number>>;
}

/** Reads the balancer's metrics; undefined when it does not respond. */
export async function readFleet(control: string): Promise<FleetReading | undefined> {
  try {
    const response = await fetch(`${control}/api/v1/metrics`);
    return response.ok ? ((await response.json()) as FleetReading) : undefined;
  } catch {
    return undefined;
  }
}

/** Formats the results that the clients measured. */
export function resultTable({ requests, latency, duration, non2xx, errors, timeouts, ...rest }: Result): string {
  const responses = rest['2xx'] + non2xx;
  const table = createTable([]);
  table.push(
    ['responses', amount(responses)],
    ['per second', amount(duration > 0 ? responses / duration : 0)],
    ['not 2xx', amount(non2xx)],
    ['errors', `${amount(errors)}, including timeouts: ${amount(timeouts)}`],
    ['sent', amount(requests.sent)],
    ['latency, ms', `p50 ${latency.p50}   p90 ${latency.p90}   p99 ${latency.p99}   max ${latency.max}`],
  );
  return table.toString();
}

/** Formats the work of each backend between two readings. A backend that left in between is not listed. */
export function backendTable(before: FleetReading, after: FleetReading): string {
  const { resources } = after;
  const grown = after.backends.map((backend) =>
    growth(
      before.backends.find(({ id }) => id === backend.id),
      backend,
    ),
  );
  const all = grown.reduce((sum, { requests }) => sum + requests, 0);
  const table = createTable([
    'backend',
    'state',
    'requests',
    'part',
    'errors',
    ...resources.map((name) => `${name} units`),
  ]);
  for (const { id, state, requests, errors, totals } of grown) {
    const part = all === 0 ? '-' : `${((100 * requests) / all).toFixed(1)} %`;
    const units = resources.map((name) => amount(totals[name] ?? 0));
    table.push([id, state, amount(requests), part, amount(errors), ...units]);
  }
  return table.toString();
}

/** A backend whose counters fell has joined again, so all that it has counted since is growth. */
function growth(before: BackendReading | undefined, after: BackendReading): BackendReading {
  if (!before || before.requests > after.requests) return after;
  const totals = Object.entries(after.totals).map(([name, units]) => [name, units - (before.totals[name] ?? 0)]);
  return {
    ...after,
    requests: after.requests - before.requests,
    errors: after.errors - before.errors,
    totals: Object.fromEntries(totals) as Record<string, number>,
  };
}

function createTable(head: string[]) {
  const isText = new Set(['backend', 'state']);
  const colAligns = head.map((name) => (isText.has(name) ? 'left' : 'right'));
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}

function amount(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
}
