// The summary that `npm test` prints at its end: how long each part took, what was skipped, and the last line.
import Table from 'cli-table3';
import { installCommand, type Program } from './programs.ts';
import type { Part } from './parts.ts';
import { NOTHING, addUp, type Skip, type Tally } from './test-tally.ts';

/** The sum of all parts. */
export function totalOf(parts: readonly Part[]): Tally {
  return parts.map(({ tally }) => tally).reduce(addUp, NOTHING);
}

/** The whole summary. `seconds` is less than the sum over the parts when some of them ran at the same time. */
export function summaryOf(parts: readonly Part[], seconds: number): string {
  const { skips } = totalOf(parts);
  const failures = failureList(parts);
  return [
    timeTable(parts, seconds),
    ...(skips.length > 0 ? [skipList(skips)] : []),
    ...(failures === '' ? [] : [failures]),
    lastLine(totalOf(parts)),
  ]
    .map((block) => `\n${block}\n`)
    .join('');
}

/** The last line, which other programs parse. Skipped tests are in neither count. */
export function lastLine({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

/** What failed, by part: its failed tests, or the part itself when they have no names. Empty when nothing did. */
export function failureList(parts: readonly Part[]): string {
  const failed = parts.filter(({ tally }) => tally.failed > 0);
  if (failed.length === 0) return '';
  const lines = failed.flatMap(({ name, tally: { failures } }) =>
    failures.length === 0 ? [`  ${name}`] : failures.map((failure) => `  ${name}: ${failure}`),
  );
  return ['Failed:', ...lines].join('\n');
}

/** The skipped tests by the program they need, and the command that installs the programs. */
export function skipList(skips: readonly Skip[]): string {
  const needs = [...new Set(skips.flatMap((skip) => skip.needs))].sort();
  const groups = Map.groupBy(skips, (skip) => `${skip.file}\0${skip.needs.join(', ')}`);
  return [
    'Skipped:',
    ...[...groups.values()].map((group) => `  ${nameOf(group)}${reasonOf(group[0])}`),
    ...(needs.length > 0 ? [`To run them: ${installCommand(needs as Program[])}`] : []),
  ].join('\n');
}

/** The title of a single test, or the number of tests of a file. */
function nameOf(group: readonly Skip[]): string {
  const [{ file, title }] = group;
  return group.length === 1 ? `${file}: ${title}` : `${file}: ${group.length} tests`;
}

function reasonOf({ needs }: Skip): string {
  return needs.length > 0 ? ` (needs ${needs.join(', ')})` : '';
}

function timeTable(parts: readonly Part[], seconds: number): string {
  const table = new Table({
    head: ['part', 'time', 'passed', 'failed', 'skipped'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  const row = (name: string, took: number, { passed, failed, skips }: Tally) => [
    name,
    durationOf(took),
    passed,
    failed,
    skips.length,
  ];
  for (const part of parts) table.push(row(part.name, part.seconds, part.tally));
  table.push(row('all', seconds, totalOf(parts)));
  return table.toString();
}

/** Formats seconds as `4 min 05 s`. */
function durationOf(seconds: number): string {
  const whole = Math.round(seconds);
  const rest = whole % 60;
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(rest).padStart(2, '0')} s`;
}
