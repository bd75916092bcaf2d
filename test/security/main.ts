// `npm run test:security`: attacks real processes as strangers do, and reports what is open. `--help` lists the flags.
import { writeFileSync } from 'node:fs';
import { areProgramsRequired, missingMessage, missingOf } from '../../scripts/programs.ts';
import { lastLine } from '../../scripts/test-summary.ts';
import { endAll } from '../processes/own-process.ts';
import { beginSuite } from '../processes/suite.ts';
import type { AtEnd } from '../support/lifetime.ts';
import { commandOf } from '../support/processes.ts';
import type { Attack, Findings, Form } from './attack.ts';
import { attack as browser } from './attacks/browser.ts';
import { attack as earlyResponses } from './attacks/early-responses.ts';
import { attack as hostileResponses } from './attacks/hostile-responses.ts';
import { attack as mutator } from './attacks/mutator.ts';
import { attack as rawBytes } from './attacks/raw-bytes.ts';
import { attack as registrations } from './attacks/registrations.ts';
import { attack as secrets } from './attacks/secrets.ts';
import { attack as slow } from './attacks/slow.ts';
import { SECURITY_HELP, securityOptions, type SecurityOptions } from './options.ts';
import { attackTable, lineOf, securityReport, totalOf, type AttackResult } from './report.ts';

const ATTACKS: readonly Attack[] = [
  rawBytes,
  hostileResponses,
  earlyResponses,
  registrations,
  browser,
  slow,
  secrets,
  mutator,
];

process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  const parsed = securityOptions(
    args,
    ATTACKS.map(({ name }) => name),
  );
  const options = beginSuite<SecurityOptions>(parsed, SECURITY_HELP, commandOf('balancer').at(-1) ?? '');
  if (typeof options === 'number') return options;
  const results: AttackResult[] = [];
  for (const attack of ATTACKS.filter(({ name }) => options.attacks?.includes(name) ?? true)) {
    const result = await resultOf(attack, options);
    process.stdout.write(`${lineOf(result)}\n`);
    results.push(result);
  }
  await endAll();
  const total = totalOf(results);
  process.stdout.write(`\n${attackTable(results)}\n\nseed ${options.seed}\n\n${lastLine(total)}\n`);
  if (options.report !== undefined) writeFileSync(options.report, securityReport(results));
  return total.failed > 0 ? 1 : 0;
}

async function resultOf(attack: Attack, form: Form): Promise<AttackResult> {
  const lacks = missingOf(attack.needs ?? []);
  if (lacks.length > 0 && !areProgramsRequired()) return { attack, findings: { checks: [] }, seconds: 0, lacks };
  const startedMs = performance.now();
  const findings = lacks.length > 0 ? notRun(attack, missingMessage(lacks)) : await findingsOf(attack, form);
  return { attack, findings, seconds: (performance.now() - startedMs) / 1000 };
}

/** Runs an attack, and ends what it started, the last first. */
async function findingsOf(attack: Attack, form: Form): Promise<Findings> {
  const cleanups: (() => Promise<void> | void)[] = [];
  const atEnd: AtEnd = (cleanup) => void cleanups.push(cleanup);
  try {
    return await attack.run(form, atEnd);
  } catch (error) {
    return notRun(attack, (error as Error).stack ?? String(error));
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
}

function notRun({ title }: Attack, why: string): Findings {
  return { checks: [{ name: title, problem: `could not be done: ${why}` }] };
}
