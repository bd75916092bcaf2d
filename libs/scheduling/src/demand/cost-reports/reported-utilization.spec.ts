// Which resources a report of utilization is about.
import { expect, it } from 'vitest';
import { parseCostReport } from './cost-report.js';
import { writeUtilization } from './reported-utilization.js';

function utilizationOf(report: string, ...names: string[]): number[] | undefined {
  const load = parseCostReport(report);
  if (!load.ok) throw new Error(load.reason);
  const out = new Float64Array(names.length);
  return writeUtilization(load, names, out) ? [...out] : undefined;
}

it.each([
  ['TEXT utilization.storage=0.25', ['compute', 'storage'], [NaN, 0.25]],
  ['TEXT cpu_utilization=0.5', ['compute', 'storage'], [0.5, NaN]],
  ['TEXT cpu_utilization=0.5', ['compute', 'cpu'], [NaN, 0.5]],
  ['TEXT cpu_utilization=0.5, utilization.compute=0.75', ['compute'], [0.75]],
  ['TEXT mem_utilization=0', ['compute', 'mem'], [NaN, 0]],
  ['TEXT mem_utilization=0.5', ['mem', 'memory'], [NaN, 0.5]],
  ['TEXT cpu_utilization=1.5', ['cpu'], [1.5]],
])('%s in a fleet of %s', (report, names, expected) => {
  expect(utilizationOf(report, ...names)).toEqual(expected);
});

it.each(['TEXT cpu_utilization=0.5', 'TEXT utilization.gpu=0.5', 'TEXT request_cost.storage=2'])(
  '%s says nothing of how busy storage is',
  (report) => {
    expect(utilizationOf(report, 'storage')).toBeUndefined();
  },
);
