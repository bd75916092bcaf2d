// The tables that `fairlead spam` prints.
import { count, counted, milliseconds, percent } from '../output/numbers.js';
import { formatPairs, formatTable, type Column } from '../output/table.js';
import { growthOf, type BackendReading, type FleetReading } from './fleet-reading.js';
import type { LoadResult } from './load.js';

/** Every request that was sent, and how long the responses took. */
export function resultPairs(result: LoadResult): string {
  const { sent, responded, failed, latency, elapsedSeconds } = result;
  const classes = [...result.responses]
    .toSorted(([a], [b]) => a - b)
    .map(([kind, number]) => `${count(number)} with ${kind}xx`);
  const reasons = [...result.failures].map(([reason, number]) => `${count(number)} ${reason}`);
  const at = (percentile: number) => milliseconds(latency.percentile(percentile) / 1000);
  return formatPairs([
    [
      'sent',
      `${counted(sent, 'request')} in ${elapsedSeconds.toFixed(1)} s, ${count(sent / elapsedSeconds)} per second`,
    ],
    ['responses', [count(responded), ...classes].join(', ')],
    ['failed', [count(failed), ...reasons].join(', ')],
    ...(responded > 0
      ? [
          [
            'latency',
            `p50 ${at(50)}, p90 ${at(90)}, p99 ${at(99)}, longest ${milliseconds(latency.max / 1000)}`,
          ] as const,
        ]
      : []),
  ]);
}

/** The work of each backend between two readings. A backend that left in between is not listed. */
export function backendTable(before: FleetReading, after: FleetReading): string {
  const grown = growthOf(before, after);
  const all = grown.reduce((sum, { requests }) => sum + requests, 0);
  const units = after.resources.map((name, i): Column<BackendReading> => ({
    title: `${name} units`,
    align: 'right',
    cell: ({ totals }) => count(totals[name] ?? 0),
    leaveOut: 2 + i,
  }));
  const columns: readonly Column<BackendReading>[] = [
    { title: 'backend', cell: ({ id }) => id },
    { title: 'state', cell: ({ state }) => state, leaveOut: 1 },
    { title: 'requests', align: 'right', cell: ({ requests }) => count(requests) },
    { title: 'share', align: 'right', cell: ({ requests }) => percent(requests, all) },
    { title: 'errors', align: 'right', cell: ({ errors }) => count(errors) },
    ...units,
  ];
  return formatTable(columns, grown);
}
