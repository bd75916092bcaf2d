// The parts of `npm test`: npm scripts, each run and counted. A check counts as one test.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NOTHING, readReport, type Tally } from './test-tally.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REPORTS = `${ROOT}reports`;

mkdirSync(REPORTS, { recursive: true });

/** A part that has run. */
export interface Part {
  readonly name: string;
  readonly seconds: number;
  readonly tally: Tally;
}

/** Variables for the balancers under test. */
export type Setting = Readonly<Record<string, string>>;

/** When a part prints: as it runs, or all at once at its end because other parts run at the same time. */
export type Output = 'live' | 'at its end';

/** How a part runs. */
export interface PartOptions {
  readonly output?: Output;
  readonly setting?: Setting;
}

/** Runs an npm script that passes or fails. */
export async function check(name: string, { output = 'live' }: PartOptions = {}): Promise<Part> {
  const { isOk, seconds } = await npmRun([name], output);
  return { name, seconds, tally: { ...NOTHING, passed: isOk ? 1 : 0, failed: isOk ? 0 : 1 } };
}

/** Runs a Vitest suite and counts its tests from the JSON report. */
export async function suite(name: string, { output = 'live', setting = {} }: PartOptions = {}): Promise<Part> {
  const report = freshReport(name);
  const flags = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const lines = Object.entries(setting).map(([variable, value]) => `${variable}=${value}`);
  const variables = lines.length > 0 ? { FAIRLEAD_TEST_VARIABLES: lines.join('\n') } : {};
  const { isOk, seconds } = await npmRun([`test:${name}`, '--', ...flags], output, variables);
  return { name, seconds, tally: readReport(report, isOk, ROOT) };
}

/** Runs the short form of the chaos suite. Each scenario counts as a test. */
export function chaos(options: PartOptions = {}): Promise<Part> {
  const flags = Object.entries(options.setting ?? {}).flatMap(([variable, value]) => ['--set', `${variable}=${value}`]);
  return harness('chaos', flags, options);
}

/** Runs the short form of the security suite. Each case of each attack counts as a test. */
export function security(options: PartOptions = {}): Promise<Part> {
  return harness('security', [], options);
}

/** Runs a suite that has a runner of its own, and counts the tests in the report that it writes. */
async function harness(name: string, flags: readonly string[], { output = 'live' }: PartOptions): Promise<Part> {
  const report = freshReport(name);
  const { isOk, seconds } = await npmRun([`test:${name}`, '--', '--report', report, ...flags], output);
  return { name, seconds, tally: readReport(report, isOk, ROOT) };
}

/** A part that could not run because the build failed. Counts as one failure. */
export function notRun(name: string): Part {
  process.stdout.write(`\n${name} was not run: the build failed\n`);
  return { name, seconds: 0, tally: { ...NOTHING, failed: 1 } };
}

function freshReport(name: string): string {
  const report = `${REPORTS}/${name}.json`;
  rmSync(report, { force: true });
  return report;
}

interface Run {
  readonly isOk: boolean;
  readonly seconds: number;
}

function npmRun(args: readonly string[], output: Output, variables: Setting = {}): Promise<Run> {
  const startedMs = performance.now();
  const isLive = output === 'live';
  if (isLive) process.stdout.write(headlineOf(args[0]));
  // Without it, tools do not print colours into a pipe.
  const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn('npm', ['run', '--silent', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...(isLive ? {} : colours), ...variables },
    stdio: isLive ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const end = (isOk: boolean, reason = '') => {
      const words = isOk ? '' : `npm run ${args[0]} failed${reason}\n`;
      const text = isLive ? '' : headlineOf(args[0]) + Buffer.concat(chunks).toString();
      process.stdout.write(text + words);
      resolve({ isOk, seconds: (performance.now() - startedMs) / 1000 });
    };
    child.once('error', (error) => end(false, `: ${error.message}`));
    child.once('close', (code) => end(code === 0));
  });
}

function headlineOf(name: string): string {
  return `\n── npm run ${name} ${'─'.repeat(Math.max(3, 60 - name.length))}\n`;
}
