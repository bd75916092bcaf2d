// `npm run test:chaos`: injects faults into real processes and accounts for every request. `--help` lists the
// flags.
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { areProgramsRequired, missingMessage, missingOf, pathOf, type Program } from '../../scripts/programs.ts';
import { isServed } from './account.ts';
import { BALANCER } from './balancers/fairlead.ts';
import { CHAOS_HELP, chaosOptions, MAX_RATE, type ChaosOptions } from './options.ts';
import { endAll } from '../processes/own-process.ts';
import { beginSuite } from '../processes/suite.ts';
import {
  jsonReport,
  LEGEND,
  line,
  machine,
  markdownTable,
  terminalTable,
  verdictOf,
  type Circumstances,
  type Result,
} from './report.ts';
import type { BalancerName, Outcome, Scenario } from './scenario.ts';
import { ChaosStage, type Conditions } from './stage.ts';

const SCENARIOS = new URL('scenarios/', import.meta.url);
const CALIBRATION_MS = 2_000;
/** A scenario that exceeds this hangs and has failed; the soak gets its duration on top. */
const PATIENCE_MS = { short: 600_000, long: 1_800_000 };

process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  const scenarios = await loadScenarios();
  const parsed = chaosOptions(
    args,
    scenarios.map(({ number }) => number),
  );
  const options = beginSuite<ChaosOptions>(parsed, CHAOS_HELP, BALANCER);
  if (typeof options === 'number') return options;
  try {
    const { isLong, soakMinutes, variables, isSecure } = options;
    const facts = { command: commandOf(args), machine: machine() };
    process.stdout.write(`${facts.machine}\n`);
    const ratePerSecond = options.ratePerSecond ?? (await calibrate(variables, isSecure));
    const chosen = scenarios.filter(({ number }) => options.scenarios?.includes(number) ?? true);
    const results = await runAll(chosen, options, { isLong, soakMinutes, variables, isSecure, ratePerSecond });
    await publish(results, options, { ...facts, ratePerSecond });
    return results.some((result) => result.balancer === 'fairlead' && verdictOf(result) === 'missed') ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  } finally {
    await endAll();
  }
}

/** Each file of the folders in this one has one. */
async function loadScenarios(): Promise<Scenario[]> {
  const files = readdirSync(SCENARIOS, { encoding: 'utf8', recursive: true }).filter((file) =>
    /(^|\/)\d\d-[^/]*(?<!\.spec)\.ts$/.test(file),
  );
  const modules = await Promise.all(files.map((file) => import(new URL(file, SCENARIOS).href)));
  return modules.map((module) => (module as { scenario: Scenario }).scenario).sort((a, b) => a.number - b.number);
}

/** Half of the requests per second that Fairlead serves in a closed loop, and no more than the greatest rate. */
async function calibrate(variables: Readonly<Record<string, string>>, isSecure: boolean): Promise<number> {
  const conditions = { isLong: false, soakMinutes: undefined, ratePerSecond: 0, variables, isSecure };
  const stage = new ChaosStage('fairlead', conditions);
  try {
    const backends = await Promise.all([1, 2, 3].map(() => stage.startBackend({ delayMs: 0 })));
    await stage.startBalancer({ backends });
    const client = await stage.startClient({ kind: 'closed' });
    await new Promise((resolve) => setTimeout(resolve, CALIBRATION_MS));
    const served = (await client.stop()).filter(isServed);
    const capacity = (served.length / CALIBRATION_MS) * 1_000;
    const rate = Math.max(1, Math.min(MAX_RATE, Math.floor(capacity / 2)));
    process.stdout.write(`capacity ${Math.round(capacity)}/s, so requests come at ${rate}/s\n`);
    return rate;
  } finally {
    await stage.end();
  }
}

async function runAll(scenarios: readonly Scenario[], { withPeers }: ChaosOptions, conditions: Conditions) {
  const results: Result[] = [];
  const peers = withPeers ? installedPeers() : [];
  for (const scenario of scenarios) {
    for (const balancer of ['fairlead', ...(scenario.peers ? peers : [])] as const) {
      const lacks = missingOf(scenario.needs ?? []);
      const result =
        lacks.length > 0
          ? withoutPrograms(scenario, balancer, lacks)
          : { scenario, balancer, outcome: await runOn(scenario, balancer, conditions) };
      results.push(result);
      process.stdout.write(`${line(result)}\n`);
    }
  }
  return results;
}

async function runOn(scenario: Scenario, balancer: BalancerName, conditions: Conditions): Promise<Outcome> {
  const isSecure = conditions.isSecure || scenario.isSecure === true;
  const stage = new ChaosStage(balancer, { ...conditions, isSecure });
  let timer: NodeJS.Timeout | undefined;
  const limitMs = PATIENCE_MS[conditions.isLong ? 'long' : 'short'] + (conditions.soakMinutes ?? 0) * 60_000;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${limitMs / 1_000} s`)), limitMs);
  });
  try {
    return await Promise.race([scenario.run(stage), tooLate]);
  } catch (error) {
    return notRun(`could not be done: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
    await stage.end();
  }
}

/** Skipped, or a failure where every program has to be there. */
function withoutPrograms(scenario: Scenario, balancer: BalancerName, lacks: readonly Program[]): Result {
  const outcome = notRun(missingMessage(lacks));
  return areProgramsRequired() ? { scenario, balancer, outcome } : { scenario, balancer, outcome, lacks };
}

function notRun(detail: string): Outcome {
  return { requests: 0, lost: 0, duplicated: 0, wrong: 0, longestGapMs: 0, passed: false, detail };
}

/** Those of nginx and HAProxy that are installed; the others are named. */
function installedPeers(): ('nginx' | 'haproxy')[] {
  return (['nginx', 'haproxy'] as const).filter((program) => {
    const isInstalled = pathOf(program) !== undefined;
    if (!isInstalled) process.stderr.write(`left out: ${missingMessage([program])}\n`);
    return isInstalled;
  });
}

async function publish(results: readonly Result[], options: ChaosOptions, circumstances: Circumstances) {
  process.stdout.write(`\n${terminalTable(results)}\n${LEGEND}\n`);
  if (options.report !== undefined) writeFileSync(options.report, jsonReport(results));
  if (options.markdown === undefined) return;
  const style = await resolveConfig(fileURLToPath(import.meta.url));
  const text = await format(markdownTable(results, circumstances), { ...style, parser: 'markdown' });
  writeFileSync(options.markdown, text);
}

/** The command that reproduces the figures, without the flags that name output files. */
function commandOf(args: readonly string[]): string {
  const files = new Set(['--markdown', '--report']);
  const kept = args.filter((arg, index) => !files.has(arg.split('=')[0]) && !files.has(args[index - 1]));
  return kept.length === 0 ? 'npm run test:chaos' : `npm run test:chaos -- ${kept.join(' ')}`;
}
