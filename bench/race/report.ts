// The figures as Markdown.
import { arch, cpus, release, type, version } from 'node:os';
import { quantile, type Failures, type Outcome } from './client.js';
import type { Contender, Program } from '../contenders/contender.js';
import { PATIENCE_SECONDS, type Cell, type Course } from './courses.js';
import { versionOf } from '../contenders/programs.js';

/** What came out of a heat. */
export interface Result {
  readonly contender: Contender;
  readonly cell: Cell;
  readonly outcome: Outcome;
}

/** The generated part of docs/race.md. */
export function markdown(results: readonly Result[], command: string): string {
  const programs = [...new Set(results.map(({ contender }) => contender.program))];
  const courses = [...new Set(results.map(({ cell }) => cell.course))];
  return [about(command, programs), ...courses.flatMap((course) => section(course, results)), lateness(results)].join(
    '\n\n',
  );
}

function about(command: string, programs: readonly Program[]): string {
  const { length: cores, 0: cpu } = cpus();
  return [
    `Made by \`${command}\` on ${new Date().toISOString().slice(0, 10)}.`,
    `Machine: ${cpu?.model.trim() ?? arch()}, ${cores} cores, ${type()} ${release()} (${version()}).`,
    `Versions: ${programs.map(versionOf).join(', ')}.`,
  ].join('\n');
}

function section(course: Course, all: readonly Result[]): string[] {
  const results = all.filter(({ cell }) => cell.course === course);
  const cells = [...new Set(results.map(({ cell }) => cell))];
  const contenders = [...new Set(results.map(({ contender }) => contender))];
  const of = (contender: Contender, cell: Cell) =>
    results.find((result) => result.contender === contender && result.cell === cell);
  const head = [
    'contender',
    ...cells.flatMap(({ load }) => [`${load} λ\\*: p50 / p99, ms`, `p99 ×`]),
    `failed at ${cells.map(({ load }) => load).join(', ')}`,
  ];
  const rows = contenders.map((contender) => [
    contender.title,
    ...cells.flatMap((cell) => figures(of(contender, cell), of(contenders[0], cell))),
    cells.map((cell) => failed(of(contender, cell))).join(', '),
  ]);
  return [`### ${course.fleet.name}`, setting(course, cells), table(head, rows)];
}

function setting({ bound, pace, capacities }: Course, cells: readonly Cell[]): string {
  const traffic = cells.map(({ load, rate, measuredSeconds }) => {
    return `${load} λ\\*: ${rate.toFixed(0)}/s for ${measuredSeconds} s`;
  });
  return (
    `λ\\* = ${bound.toFixed(2)}/s, raced ${pace} times as fast, that is ${(bound * pace).toFixed(0)}/s on ` +
    `${capacities.length} backends; 1 ms here is ${pace} ms of the fleet as it is written down. ${traffic.join('; ')}.`
  );
}

function figures(result: Result | undefined, first: Result | undefined): [string, string] {
  if (!result || !first) return ['', ''];
  const p = (q: number, { outcome }: Result) => quantile(outcome.latenciesMs, q);
  const ratio = p(0.99, result) / p(0.99, first);
  const isCut = p(0.99, result) >= PATIENCE_SECONDS * 1000;
  return [`${digits(p(0.5, result))} / ${digits(p(0.99, result))}`, `${isCut ? '≥ ' : ''}${digits(ratio)}`];
}

/** Failures, and what they were unless they all were late. */
function failed(result: Result | undefined): string {
  if (!result) return '';
  const { late, refused, broken } = result.outcome.failures satisfies Failures;
  const kinds = [refused > 0 ? `${refused} refused` : '', broken > 0 ? `${broken} broken` : ''].filter(Boolean);
  const total = late + refused + broken;
  return kinds.length === 0 ? String(total) : `${total} (${kinds.join(', ')})`;
}

/** How good the client was: what it added to the figures itself. */
function lateness(results: readonly Result[]): string {
  const worst = Math.max(...results.map(({ outcome }) => quantile(outcome.latenessMs, 0.99)));
  return `The client sent 99 % of the requests of every heat within ${digits(worst)} ms of their time.`;
}

function digits(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map(line).join('\n');
}
