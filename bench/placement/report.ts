// Results as Markdown tables and SVG plots.
import { POLICY_NAMES } from '@fairlead/scheduling';
import { EXACT, NOISY, TROUBLES } from './conditions.js';
import { digits, table, type Row } from './markdown.js';
import { plot } from './plot.js';
import {
  DISCIPLINES,
  JUDGED_LOADS,
  PLOTTED_LOADS,
  PLOTTED_POLICIES,
  TROUBLED_LOAD,
  TROUBLED_POLICIES,
  type Results,
} from './results.js';

const SHORT = { 'processor-sharing': 'PS', fifo: 'FIFO' } as const;

/** The generated part of docs/placement.md. */
export function markdown(results: Results, command: string): string {
  return [
    `Made by \`${command}\` with Node ${process.versions.node}. PS is processor sharing, FIFO first come, first served.`,
    '### Against the bars',
    bars(results),
    '### Highest stable load, part of λ*',
    'Exact demands, processor sharing, steps of 0.01; 0.99 is the most that is tried.',
    stableLoads(results),
    ...DISCIPLINES.flatMap((discipline) => [
      `### p99 in seconds, exact demands, ${SHORT[discipline]}`,
      `The columns of a fleet are loads ${JUDGED_LOADS.join(', ')} λ*. Where a policy does not keep up, the figure is only how far the backlog came within the run.`,
      tails(results, discipline),
    ]),
    '### Under troubles',
    `p99 in seconds at ${TROUBLED_LOAD} λ*, PS: ${TROUBLED_POLICIES.join(' / ')}.`,
    ...TROUBLES.map(({ name, about }) => `- **${name}**: ${about}.`),
    troubles(results),
    '### Plots',
    ...results.fleets.map(({ name }) => `![p99 over load on ${name}](plots/placement-${name}.svg)`),
  ].join('\n\n');
}

/** The plots by file name. */
export function plots(results: Results): Map<string, string> {
  return new Map(
    results.fleets.map(({ name }) => {
      const series = PLOTTED_POLICIES.map((policy) => ({
        name: policy,
        points: PLOTTED_LOADS.map(
          (load) => [load, results.get('p99', name, EXACT.name, 'processor-sharing', policy, load)] as const,
        ),
      }));
      return [`placement-${name}.svg`, plot(`${name}: p99 over load, exact demands, processor sharing`, series)];
    }),
  );
}

function bars(results: Results): string {
  const judged = DISCIPLINES.flatMap((discipline) => JUDGED_LOADS.map((load) => ({ discipline, load })));
  const head = ['λ*, 1/s', 'stable PS', 'stable FIFO', 'noisy PS', 'noisy FIFO'].concat(
    judged.map(({ discipline, load }) => `p99 ${SHORT[discipline]} ${load}`),
  );
  const rows = results.fleets.map((fleet): Row => {
    const stable = [EXACT, NOISY].flatMap(({ name }) =>
      DISCIPLINES.map((discipline) => results.get('stable', fleet.name, name, discipline, 'drf').toFixed(2)),
    );
    const ratios = judged.map(({ discipline, load }) => {
      const rival = results.bestRival(fleet, discipline, load);
      const of = (policy: string) => results.get('p99', fleet.name, EXACT.name, discipline, policy, load);
      return `${(of('drf') / of(rival)).toFixed(2)} ${rival}`;
    });
    return [fleet.name, [digits(results.get('bound', fleet.name)), ...stable, ...ratios]];
  });
  return `Stable loads of \`drf\`, and its p99 over that of the best of all other policies, which is named.\n\n${table('fleet', head, rows)}`;
}

function stableLoads(results: Results): string {
  return byFleet(results, 'policy', POLICY_NAMES, (fleet, policy) =>
    results.get('stable', fleet, EXACT.name, 'processor-sharing', policy).toFixed(2),
  );
}

function tails(results: Results, discipline: (typeof DISCIPLINES)[number]): string {
  return byFleet(results, 'policy', POLICY_NAMES, (fleet, policy) =>
    JUDGED_LOADS.map((load) => digits(results.get('p99', fleet, EXACT.name, discipline, policy, load))).join(' / '),
  );
}

function troubles(results: Results): string {
  const names = TROUBLES.map(({ name }) => name);
  return byFleet(results, 'condition', names, (fleet, condition) =>
    TROUBLED_POLICIES.map((policy) =>
      digits(results.get('p99', fleet, condition, 'processor-sharing', policy, TROUBLED_LOAD)),
    ).join(' / '),
  );
}

/** A table with a column for each fleet. */
function byFleet(
  results: Results,
  corner: string,
  names: readonly string[],
  cell: (fleet: string, name: string) => string,
): string {
  const fleets = results.fleets.map(({ name }) => name);
  return table(
    corner,
    fleets,
    names.map((name): Row => [name, fleets.map((fleet) => cell(fleet, name))]),
  );
}
