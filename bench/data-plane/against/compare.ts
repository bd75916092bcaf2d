// `npm run bench:data-plane -- --against CHECKOUT`: the cost of a request and of a start-up in this checkout's build
// and in another one's. Prints the ratios without a verdict.
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { stopAll } from '../../contenders/processes.js';
import { provide } from '../../contenders/programs.js';
import type { BenchOptions } from '../options.js';
import { LOAD_CORE, moveTo } from '../pinning.js';
import { IDLE_LOAD, leftOut, terminalTable } from '../report.js';
import { checkoutIn, type Checkout } from './checkout.js';
import { Comparison } from './comparison.js';
import { comparisonTables } from './tables.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Compares the builds, with temporary files in `folder`. Returns the exit code: 0 when both builds completed. */
export async function compare(options: BenchOptions, against: string, folder: string): Promise<number> {
  const [loadBefore] = loadavg();
  try {
    const other = checkoutIn(against);
    provide(new Set(['wrk']));
    const own = checkoutIn(ROOT);
    moveTo(LOAD_CORE, [process.pid]);
    const comparison = new Comparison(options, own, other, folder);
    try {
      await comparison.run();
    } finally {
      await stopAll();
      const text = textOf(comparison, options, loadBefore);
      if (text !== '') process.stdout.write(`\n${text}\n`);
      if (options.json !== undefined) writeRaw(options.json, comparison, own, other);
    }
    return 0;
  } catch (error) {
    process.stderr.write(`\n${(error as Error).message}\n`);
    return 1;
  }
}

/** The figures, including those measured before a failure; empty without any. */
function textOf(comparison: Comparison, { rounds, seconds, starts }: BenchOptions, loadBefore: number): string {
  const tables = comparisonTables(comparison).map(terminalTable);
  const about = [
    `${seconds} turns of 1 s each in ${rounds} ${rounds === 1 ? 'round' : 'rounds'}; ${starts} ${starts === 1 ? 'start' : 'starts'}; load average before it began: ${loadBefore.toFixed(1)}.`,
    'The figures of each build are medians. "this / other" is the median of the ratios of the rounds, "interval" its',
    'order-statistics interval: it contains the true median with the confidence beside it, 95 % or more with at least six rounds.',
    ...(loadBefore > IDLE_LOAD
      ? ['The machine was busy with other work: these figures are rough, especially start-up times.']
      : []),
  ].join('\n');
  return [...tables, ...(tables.length > 0 ? [about] : []), ...leftOut(comparison.results)].join('\n\n');
}

function writeRaw(file: string, { results, starts }: Comparison, own: Checkout, other: Checkout): void {
  const { samples, absences } = results;
  const raw = { this: own.folder, other: other.folder, samples, starts, absences };
  writeFileSync(file, `${JSON.stringify(raw, undefined, 2)}\n`);
}
