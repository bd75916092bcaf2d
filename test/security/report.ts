// How the results are shown: to the terminal, and as the JSON that vitest's reporter would write.
import Table from 'cli-table3';
import type { Program } from '../../scripts/programs.ts';
import { NOTHING, type Tally } from '../../scripts/test-tally.ts';
import { vitestReport, type ReportedTest } from '../support/vitest-report.ts';
import type { Attack, Findings } from './attack.ts';

/** An attack that has run, or was skipped. */
export interface AttackResult {
  readonly attack: Attack;
  readonly findings: Findings;
  readonly seconds: number;
  /** The missing programs because of which it was skipped. */
  readonly lacks?: readonly Program[];
}

/** One line, as soon as an attack is over. */
export function lineOf({ attack, findings, lacks }: AttackResult): string {
  const open = findings.checks.filter(({ problem }) => problem !== undefined);
  const verdict = lacks ? `skipped, needs ${lacks.join(', ')}` : `${findings.checks.length} cases, ${open.length} open`;
  return [`${attack.name}: ${verdict}`, ...open.map(({ name, problem }) => `  ${name}: ${problem}`)].join('\n');
}

/** All attacks as a table. */
export function attackTable(results: readonly AttackResult[]): string {
  const table = new Table({
    head: ['attack', 'what must hold', 'cases', 'open', 'time', 'seen'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left'],
    colWidths: [null, 40, null, null, null, 44],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { attack, findings, seconds, lacks } of results) {
    const open = lacks ? 'skipped' : tallyOf(findings).failed;
    const time = `${Math.round(seconds)} s`;
    table.push([attack.name, attack.title, findings.checks.length, open, time, findings.detail ?? '']);
  }
  return table.toString();
}

/** How many checks passed and failed. Skipped attacks are in neither count. */
export function totalOf(results: readonly AttackResult[]): Tally {
  const tallies = results.map(({ findings }) => tallyOf(findings));
  const sum = (key: 'passed' | 'failed') => tallies.reduce((total, tally) => total + tally[key], 0);
  return { ...NOTHING, passed: sum('passed'), failed: sum('failed') };
}

/** In the form of vitest's json reporter. */
export function securityReport(results: readonly AttackResult[]): string {
  return vitestReport('test/security', results.flatMap(testsOf));
}

function tallyOf({ checks }: Findings): Tally {
  const failed = checks.filter(({ problem }) => problem !== undefined).length;
  return { ...NOTHING, passed: checks.length - failed, failed };
}

function testsOf({ attack, findings, lacks }: AttackResult): ReportedTest[] {
  if (lacks) return [{ fullName: `${attack.name}: ${attack.title}`, status: 'skipped', needs: lacks }];
  return findings.checks.map(({ name, problem }) => ({
    fullName: `${attack.name}: ${name}`,
    status: problem === undefined ? 'passed' : 'failed',
    ...(problem === undefined ? {} : { failure: problem }),
  }));
}
