// `npm run bench:data-plane`: CPU time of the proxy per request, for Fairlead and other load balancers, or for two
// builds of Fairlead. `--help` lists the flags.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from '../contenders/processes.js';
import { provide } from '../contenders/programs.js';
import { compare } from './against/compare.js';
import { Bench } from './bench.js';
import { publish } from './document.js';
import { BENCH_HELP, benchOptions, commandOf, type BenchOptions } from './options.js';
import { LOAD_CORE, moveTo } from './pinning.js';
import { terminalText } from './report.js';

process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  const options = benchOptions(args);
  if (options === 'help') {
    process.stdout.write(BENCH_HELP);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n`);
    return 1;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stopAll().finally(() => process.exit(130)));
  }
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-data-plane-'));
  // nginx started by root runs its workers as another user, who must be able to read the files.
  chmodSync(folder, 0o755);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return options.against === undefined ? measure(options, folder) : compare(options, options.against, folder);
}

/** Returns the exit code: 0 when no contender failed. */
async function measure(options: BenchOptions, folder: string): Promise<number> {
  const programs = new Set([...options.contenders.map(({ program }) => program), 'wrk' as const]);
  const bench = new Bench(options, folder);
  const [loadBefore] = loadavg();
  try {
    provide(programs);
    moveTo(LOAD_CORE, [process.pid]);
    await bench.run();
    const command = commandOf(options);
    if (options.isWhole) await publish(bench.results, { command, options, programs, loadBefore });
    return bench.results.absences.some(({ isFailure }) => isFailure) ? 1 : 0;
  } catch (error) {
    process.stderr.write(`\n${(error as Error).message}\n`);
    return 1;
  } finally {
    await stopAll();
    const { samples, footprints, absences } = bench.results;
    process.stdout.write(`\n${terminalText(bench.results)}\n`);
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify({ samples, footprints, absences }, undefined, 2)}\n`);
    }
  }
}
