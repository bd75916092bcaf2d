// The figures for people: tables in the terminal, Markdown and a plot in docs/.
import Table from 'cli-table3';
import { arch, cpus, release, totalmem, type } from 'node:os';
import type { Program } from '../contenders/contender.js';
import { versionOf } from '../contenders/programs.js';
import type { BenchOptions } from './options.js';
import { plot, type Mark } from './plot.js';
import { ticksPerSecond } from './proc.js';
import type { Results } from './results.js';
import { spreadOf } from './statistics.js';
import { tablesOf, type Figures } from './tables.js';

/** What the document's figures were made with. */
export interface Provenance {
  readonly command: string;
  readonly options: BenchOptions;
  readonly programs: ReadonlySet<Program>;
  /** Processes that wanted to run, over the last minute before it began: what else the machine was doing. */
  readonly loadBefore: number;
}

/** A machine with a lower load average than this counts as idle. */
export const IDLE_LOAD = 0.5;

/** For the terminal. */
export function terminalText(results: Results): string {
  return [...tablesOf(results).map(terminalTable), ...leftOut(results)].join('\n\n');
}

/** A table for the terminal, its title above it. */
export function terminalTable({ title, head, rows }: Figures): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  return `${title}\n${table.toString()}`;
}

/** The generated part of docs/performance.md. */
export function markdown(results: Results, provenance: Provenance): string {
  const tables = tablesOf(results).toSorted((a, b) => rank(a) - rank(b));
  return [
    about(provenance),
    '![CPU time per request by case and contender](plots/data-plane.svg)',
    ...tables.flatMap(({ title, head, rows }) => [`### ${title}`, markdownTable(head, rows)]),
    ...leftOut(results),
  ].join('\n\n');
}

/** The document begins with what it comes to. */
const rank = ({ title }: Figures): number => (title === 'Against the bars' ? 0 : 1);

/** CPU time per request by case and contender, as SVG. */
export function costPlot(results: Results): string {
  const marks: Mark[] = results.cases.flatMap(({ name, title }) =>
    results.contenders.flatMap((contender) => {
      const costs = results.of(name, contender.name).map(({ cpuMicros }) => cpuMicros);
      return costs.length === 0 ? [] : [{ row: title, series: contender.title, ...spreadOf(costs) }];
    }),
  );
  return plot('CPU time of the proxy per request, µs', marks);
}

function about({ command, options, programs, loadBefore }: Provenance): string {
  const { length: cores, 0: cpu } = cpus();
  const gibibytes = (totalmem() / 1024 ** 3).toFixed(0);
  const { rounds, seconds, warmUpSeconds, starts } = options;
  return [
    `Made by \`${command}\` on ${new Date().toISOString().slice(0, 10)}: ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, turns of ${seconds} s after ${warmUpSeconds} s of warm-up, ${starts} starts.`,
    `Machine: ${cpu?.model.trim() ?? arch()}, ${cores} cores, ${gibibytes} GiB, ${type()} ${release()}; a clock tick is ${1000 / ticksPerSecond()} ms; load average before it began: ${loadBefore.toFixed(1)}.`,
    `Versions: ${[...programs].map(versionOf).join(', ')}.`,
    'Figures are medians of the rounds, with the least and the greatest.',
    ...(loadBefore > IDLE_LOAD
      ? ['**The machine was doing other work meanwhile: these figures are rough, latencies and start-up above all.**']
      : []),
  ].join('\n');
}

/** What was left out, and why: a paragraph, or none. */
export function leftOut({ absences }: Pick<Results, 'absences'>): string[] {
  return absences.length === 0
    ? []
    : [['Left out:', ...absences.map(({ title, why }) => `- ${title}: ${why}`)].join('\n')];
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map(line).join('\n');
}
