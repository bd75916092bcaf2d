// Runs checks and suites by their npm scripts, and counts what came of them. A check counts as one, as a test does.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readReport, type Tally } from './test-tally.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REPORTS = `${ROOT}reports`;

mkdirSync(REPORTS, { recursive: true });

/** Variables for the balancers under test. */
export type Setting = Readonly<Record<string, string>>;

export function check(name: string): Tally {
  return npmRun([name]) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Vitest's own report tells how many tests there were. A run that fails without a failed test counts as one. */
export function suite(name: string, setting: Setting = {}): Tally {
  const report = freshReport(name);
  const flags = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const lines = Object.entries(setting).map(([variable, value]) => `${variable}=${value}`);
  const variables = lines.length > 0 ? { FAIRLEAD_TEST_VARIABLES: lines.join('\n') } : {};
  return readReport(report, npmRun([`test:${name}`, '--', ...flags], variables));
}

/** Its short form. Each scenario counts as a test. */
export function chaos(setting: Setting = {}): Tally {
  const report = freshReport('chaos');
  const flags = Object.entries(setting).flatMap(([variable, value]) => ['--set', `${variable}=${value}`]);
  return readReport(report, npmRun(['test:chaos', '--', '--report', report, ...flags]));
}

function freshReport(name: string): string {
  const report = `${REPORTS}/${name}.json`;
  rmSync(report, { force: true });
  return report;
}

function npmRun(args: readonly string[], variables: Readonly<Record<string, string>> = {}): boolean {
  process.stdout.write(`\n── npm run ${args[0]} ${'─'.repeat(Math.max(3, 60 - args[0].length))}\n`);
  const env = { ...process.env, ...variables };
  const isWell = spawnSync('npm', ['run', '--silent', ...args], { cwd: ROOT, stdio: 'inherit', env }).status === 0;
  if (!isWell) process.stdout.write(`npm run ${args[0]} failed\n`);
  return isWell;
}
