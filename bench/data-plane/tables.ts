// The figures as rows, the same for the terminal and the document.
import { barsOf, isMet, type Bar } from './bars.js';
import type { Case } from './cases.js';
import { REFERENCE } from './contenders.js';
import { IDLE_CONNECTIONS } from './footprint.js';
import type { Results } from './results.js';
import { median, spreadOf, type Spread } from './statistics.js';
import type { Sample } from './turn.js';

/** A table: a title, column heads, and rows of the same width. */
export interface Figures {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A table for each case, one for memory and start-up, one for the bars; tables without rows are left out. */
export function tablesOf(results: Results): Figures[] {
  return [...results.cases.map((each) => caseTable(results, each)), footprintTable(results), barTable(results)].filter(
    ({ rows }) => rows.length > 0,
  );
}

function caseTable(results: Results, { name, title }: Case): Figures {
  const rows = results.contenders.flatMap((contender) => {
    const samples = results.of(name, contender.name);
    if (samples.length === 0) return [];
    const middle = (of: (sample: (typeof samples)[number]) => number) => digits(median(samples.map(of)));
    const cost = spreadOf(samples.map(({ cpuMicros }) => cpuMicros));
    const ratio = results.costRatio(name, contender.name, REFERENCE);
    return [
      [
        contender.title,
        spread(cost),
        ratio === undefined ? '' : ratio.median.toFixed(2),
        middle(corePercent),
        middle(({ requestsPerSecond }) => requestsPerSecond),
        middle(({ p50Ms }) => p50Ms),
        middle(({ p99Ms }) => p99Ms),
      ],
    ];
  });
  const head = ['contender', 'CPU, µs per request', '× nginx', 'core, %', 'requests/s', 'p50, ms', 'p99, ms'];
  return { title, head, rows };
}

/** The share of a core it used: below 100 %, something other than its CPU time limits it. */
export function corePercent({ cpuMicros, requestsPerSecond }: Sample): number {
  return (cpuMicros * requestsPerSecond) / 10_000;
}

function footprintTable(results: Results): Figures {
  const rows = results.contenders.flatMap(({ name, title }) => {
    const footprint = results.footprintOf(name);
    if (!footprint) return [];
    const { readyMs, idleKib, connectedKib, kibPerConnection, kibPerSecureConnection } = footprint;
    const secure = kibPerSecureConnection === undefined ? '' : digits(kibPerSecureConnection);
    const memory = [mebibytes(idleKib), mebibytes(connectedKib), digits(kibPerConnection), secure];
    return [[title, spread(spreadOf(readyMs)), ...memory]];
  });
  const connected = `with ${IDLE_CONNECTIONS.toLocaleString('en')} idle clients, MiB`;
  return {
    title: 'Start-up and memory',
    head: ['contender', 'start to ready, ms', 'idle, MiB', connected, 'KiB for each', 'KiB for each, TLS'],
    rows,
  };
}

function barTable(results: Results): Figures {
  const rows = barsOf(results).map((bar) => [bar.what, `≤ ${bar.limit} ${bar.unit}`, measured(bar), verdict(bar)]);
  return { title: 'Against the bars', head: ['what', 'must be', 'is', 'verdict'], rows };
}

function measured({ measured: value, unit }: Bar): string {
  return value === undefined ? '' : `${spread(value)} ${unit}`;
}

function verdict(bar: Bar): string {
  const met = isMet(bar);
  return met === undefined ? 'not measured' : met ? 'reached' : 'MISSED';
}

/** The median, with the range if minimum and maximum differ. */
function spread({ median: middle, min, max }: Spread): string {
  return min === max ? digits(middle) : `${digits(middle)} (${digits(min)}–${digits(max)})`;
}

function mebibytes(kib: number): string {
  return digits(kib / 1024);
}

/** Three significant digits, more before the decimal point. */
export function digits(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
