// `npm run bench:race`: Fairlead and other load balancers, as real processes, with the same backends and traffic.
// The complete race writes its figures to docs/race.md; `--help` lists the flags.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SingleBar } from 'cli-progress';
import { format, resolveConfig } from 'prettier';
import { BACKEND, startFleet } from './backends.js';
import type { Contender } from '../contenders/contender.js';
import { BALANCER } from '../contenders/fairlead.js';
import { heat, qualify } from './heat.js';
import { raceOptions, RACE_HELP, type RaceOptions } from './options.js';
import { cellsOf, coursesOf, type Course } from './courses.js';
import { stopAll } from '../contenders/processes.js';
import { provide } from '../contenders/programs.js';
import { progressBar } from '../contenders/progress.js';
import { markdown, type Result } from './report.js';

const DOCUMENT = fileURLToPath(new URL('../../docs/race.md', import.meta.url));
const BEGIN = '<!-- bench:race begins -->';
const END = '<!-- bench:race ends -->';

process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  const options = raceOptions(args);
  if (options === 'help') {
    process.stdout.write(RACE_HELP);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n`);
    return 1;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stopAll().finally(() => process.exit(130)));
  }
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-race-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const results: Result[] = [];
  const figures = () =>
    markdown(results, ['npm run bench:race', ...(args.length > 0 ? ['--', ...args] : [])].join(' '));
  try {
    provide(new Set(options.contenders.map(({ program }) => program)), [BALANCER, BACKEND]);
    await race(options, folder, results);
    await publish(figures(), options);
    return 0;
  } catch (error) {
    if (results.length > 0) process.stdout.write(`\n${figures()}\n`);
    process.stderr.write(`\n${(error as Error).message}\n`);
    return 1;
  }
}

/** Runs all heats. Each completed heat is added to `results`, so a later failure does not lose it. */
async function race(options: RaceOptions, folder: string, results: Result[]): Promise<void> {
  const courses = coursesOf(options);
  const total = courses.length * options.loads.length * options.contenders.length;
  const bar = progressBar();
  bar.start(total, 0, { doing: '' });
  try {
    for (const course of courses) await raceOn(course, options, folder, { bar, results });
  } finally {
    bar.stop();
  }
}

/** All loads and contenders on one fleet, which keeps running throughout. */
async function raceOn(
  course: Course,
  options: RaceOptions,
  folder: string,
  { bar, results }: { readonly bar: SingleBar; readonly results: Result[] },
): Promise<void> {
  const fleet = await startFleet(course.capacities);
  try {
    const cells = cellsOf(course, options);
    const ground = (contender: Contender) => ({ backends: fleet.backends, folder: join(folder, contender.name) });
    for (const contender of options.contenders) {
      bar.update({ doing: `${course.fleet.name}: checking responses of ${contender.title}` });
      await qualify(contender, ground(contender), cells[0].arrivals());
    }
    for (const cell of cells) {
      const watch = { warmUpMs: cell.warmUpSeconds * 1000, timeoutMs: cell.timeoutSeconds * 1000 };
      const arrivals = cell.arrivals();
      for (const contender of options.contenders) {
        bar.update({ doing: `${course.fleet.name} at ${cell.load} λ*: ${contender.title}` });
        results.push({ contender, cell, outcome: await heat(contender, ground(contender), arrivals, watch) });
        bar.increment();
      }
    }
  } finally {
    await fleet.stop();
  }
}

/** Prints the figures, and writes those of a complete race to the document. */
async function publish(figures: string, { isWhole }: RaceOptions): Promise<void> {
  process.stdout.write(`\n${figures}\n`);
  if (!isWhole) return;
  const document = readFileSync(DOCUMENT, 'utf8');
  const before = document.slice(0, document.indexOf(BEGIN) + BEGIN.length);
  const after = document.slice(document.indexOf(END));
  const style = { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT };
  writeFileSync(DOCUMENT, await format(`${before}\n\n${figures}\n\n${after}`, style));
}
