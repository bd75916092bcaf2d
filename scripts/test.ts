// `npm test`: every check and every suite, then one last line. A check counts as one, as a test does.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NOTHING, addUp, readReport, type Tally } from './test-tally.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REPORTS = `${ROOT}reports`;
const CHECKS = ['format:check', 'lint', 'typecheck', 'deps', 'build'];
const SUITES = ['unit', 'e2e'];

mkdirSync(REPORTS, { recursive: true });
const tallies = [...CHECKS.map(check), ...SUITES.map(suite), chaos()];
const { passed, failed } = tallies.reduce(addUp, NOTHING);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

function check(name: string): Tally {
  return npmRun(name) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Vitest's own report tells how many tests there were. A run that fails without a failed test counts as one. */
function suite(name: string): Tally {
  const report = `${REPORTS}/${name}.json`;
  rmSync(report, { force: true });
  const isWell = npmRun(`test:${name}`, '--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`);
  return readReport(report, isWell);
}

/** Its short form. Each scenario counts as a test. */
function chaos(): Tally {
  const report = `${REPORTS}/chaos.json`;
  rmSync(report, { force: true });
  return readReport(report, npmRun('test:chaos', '--', '--report', report));
}

function npmRun(...args: string[]): boolean {
  process.stdout.write(`\n── npm run ${args[0]} ${'─'.repeat(Math.max(3, 60 - args[0].length))}\n`);
  const isWell = spawnSync('npm', ['run', '--silent', ...args], { cwd: ROOT, stdio: 'inherit' }).status === 0;
  if (!isWell) process.stdout.write(`npm run ${args[0]} failed\n`);
  return isWell;
}
