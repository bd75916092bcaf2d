// `npm test`: every check and every suite, then a summary whose last line is "N passed, N failed".
import { chaos, check, notRun, security, suite, type Part } from './parts.ts';
import { summaryOf, totalOf } from './test-summary.ts';

/** Run in sequence, in parallel with the unit tests: this keeps two cores busy. */
const CHECKS = ['format:check', 'lint', 'typecheck', 'deps', 'unused', 'docs:api', 'build'];

const startedMs = performance.now();
const [checks, unit] = await Promise.all([runChecks(), suite('unit', { output: 'at its end' })]);
const isBuilt = checks.some(({ name, tally }) => name === 'build' && tally.failed === 0);
const parts = [...checks, unit, ...(isBuilt ? await runOnBuild() : ['e2e', 'security', 'chaos'].map(notRun))];
process.stdout.write(summaryOf(parts, (performance.now() - startedMs) / 1000));
process.exitCode = totalOf(parts).failed > 0 ? 1 : 0;

async function runChecks(): Promise<Part[]> {
  const parts: Part[] = [];
  for (const name of CHECKS) parts.push(await check(name, { output: 'at its end' }));
  return parts;
}

/** Runs the suites that need a build. Chaos runs alone: its load is derived from the capacity of the machine. */
async function runOnBuild(): Promise<Part[]> {
  return [await suite('e2e'), await security(), await chaos()];
}
