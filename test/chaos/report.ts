// How the results are shown: to the terminal, as Markdown, and as the JSON that vitest's reporter would write.
import { availableParallelism, cpus, loadavg } from 'node:os';
import Table from 'cli-table3';
import type { BalancerName, Outcome, Scenario } from './scenario.ts';

/** A scenario as one balancer came through it. */
export interface Result {
  readonly scenario: Scenario;
  readonly balancer: BalancerName;
  readonly outcome: Outcome;
}

/** How the figures came about. */
export interface Circumstances {
  readonly command: string;
  /** As it was at the start, before the suite made it busy. */
  readonly machine: string;
  readonly ratePerSecond: number;
}

const HEADS = ['#', 'scenario', 'balancer', 'requests', 'lost', 'duplicated', 'wrong', 'longest gap', 'bar', 'verdict'];
const TITLES: Readonly<Record<BalancerName, string>> = { fairlead: 'Fairlead', nginx: 'nginx', haproxy: 'HAProxy' };

export const LEGEND =
  'Lost: without a right answer, but for what the scenario cannot help. Duplicated: POSTs that were executed more than ' +
  'once. Wrong: the answer of another request, or part of one that passed for whole. Longest gap: the longest time ' +
  'without a right answer.';

/** The results as a table for the terminal; what each was about stands in its last column. */
export function terminalTable(results: readonly Result[]): string {
  const table = new Table({
    head: [...HEADS, 'seen'],
    colWidths: [null, 24, null, null, null, null, null, null, 28, null, 44],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const result of results) table.push([...cellsOf(result), result.outcome.detail]);
  return table.toString();
}

/** The same as Markdown, with the command that made it. */
export function markdownTable(results: readonly Result[], { command, machine, ratePerSecond }: Circumstances): string {
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const heads = [...HEADS, 'seen'];
  return [
    `Made by \`${command}\` on ${machine}, at ${ratePerSecond} requests per second.`,
    [
      row(heads),
      row(heads.map(() => '---')),
      ...results.map((result) => row([...cellsOf(result), result.outcome.detail])),
    ].join('\n'),
    LEGEND,
  ].join('\n\n');
}

/** As vitest's json reporter tells it. Only Fairlead can fail here: the others are shown for comparison. */
export function jsonReport(results: readonly Result[]): string {
  const own = results.filter(({ balancer }) => balancer === 'fairlead');
  const assertionResults = own.map(({ scenario, outcome }) => ({
    title: `${scenario.number} ${scenario.title}`,
    status: outcome.passed ? 'passed' : 'failed',
    failureMessages: outcome.passed ? [] : [`${scenario.bar}: ${outcome.detail}`],
  }));
  const numPassedTests = own.filter(({ outcome }) => outcome.passed).length;
  const numFailedTests = own.length - numPassedTests;
  const status = numFailedTests === 0 ? 'passed' : 'failed';
  const testResults = [{ name: 'test/chaos', status, assertionResults }];
  return JSON.stringify({ numPassedTests, numFailedTests, testResults, results: results.map(plain) }, undefined, 2);
}

/** One line, as soon as it is known. */
export function line({ scenario, balancer, outcome }: Result): string {
  const verdict = outcome.passed ? 'cleared' : 'MISSED';
  return `${String(scenario.number).padStart(2)} ${scenario.title} (${TITLES[balancer]}): ${verdict}, ${outcome.detail}`;
}

function cellsOf({ scenario, balancer, outcome }: Result): string[] {
  return [
    String(scenario.number),
    scenario.title,
    TITLES[balancer],
    String(outcome.requests),
    String(outcome.lost),
    String(outcome.duplicated),
    String(outcome.wrong),
    `${Math.round(outcome.longestGapMs)} ms`,
    scenario.bar,
    outcome.passed ? 'cleared' : 'missed',
  ];
}

function plain({ scenario, balancer, outcome }: Result) {
  return { number: scenario.number, title: scenario.title, bar: scenario.bar, balancer, ...outcome };
}

/** What the figures were taken on; how busy it was tells what the latencies are worth. */
export function machine(): string {
  const [first] = cpus();
  const [load] = loadavg();
  const cores = `${availableParallelism()} cores (${first?.model.trim() ?? 'unknown'})`;
  return `${cores}, Node ${process.versions.node}, load average ${load.toFixed(1)}`;
}
