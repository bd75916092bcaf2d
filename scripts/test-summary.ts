// What `npm test` prints at its end: how long each part took, and the last line.
import Table from 'cli-table3';
import type { Part } from './parts.ts';
import { NOTHING, addUp, type Tally } from './test-tally.ts';

/** The sum of all parts. */
export function totalOf(parts: readonly Part[]): Tally {
  return parts.map(({ tally }) => tally).reduce(addUp, NOTHING);
}

/** The whole summary. Parts that ran beside each other took less than the sum of their times. */
export function summaryOf(parts: readonly Part[], seconds: number): string {
  return [timeTable(parts, seconds), lastLine(totalOf(parts))].map((block) => `\n${block}\n`).join('');
}

/** The line that other programs read. */
export function lastLine({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

function timeTable(parts: readonly Part[], seconds: number): string {
  const table = new Table({
    head: ['part', 'time', 'passed', 'failed'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  const row = (name: string, took: number, { passed, failed }: Tally) => [name, durationOf(took), passed, failed];
  for (const part of parts) table.push(row(part.name, part.seconds, part.tally));
  table.push(row('all', seconds, totalOf(parts)));
  return table.toString();
}

/** As `4 min 05 s`. */
function durationOf(seconds: number): string {
  const whole = Math.round(seconds);
  const rest = whole % 60;
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(rest).padStart(2, '0')} s`;
}
