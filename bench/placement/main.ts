// `npm run bench:placement`: runs every policy on every fleet in the simulator, and writes docs/placement.md.
//
//   --quick          fewer requests and one seed: seconds instead of minutes, with rough figures
//   --fleet NAME     only this fleet, printed only; may be repeated
//   --learning       only the runs with learned demand
//   --sharing        only the runs with several balancers
//   --latent         only the runs with nothing declared
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { FLEETS } from './fleets.js';
import { latentMarkdown } from './latent-report.js';
import { LatentResults, latentRuns } from './latent.js';
import { learningMarkdown } from './learning-report.js';
import { LearningResults, learningRuns } from './learning.js';
import { FULL, QUICK } from './measure.js';
import { markdown, plots } from './report.js';
import { Results, runsFor, type Run } from './results.js';
import { sharingMarkdown } from './sharing-report.js';
import { SharingResults, sharingRuns } from './sharing.js';

const DOCUMENT = new URL('../../docs/placement.md', import.meta.url);
const PLOTS = new URL('../../docs/plots/', import.meta.url);

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    fleet: { type: 'string', multiple: true },
    learning: { type: 'boolean', default: false },
    sharing: { type: 'boolean', default: false },
    latent: { type: 'boolean', default: false },
  },
});
const effort = values.quick ? QUICK : FULL;
const command = `npm run bench:placement${values.quick ? ' -- --quick' : ''}`;
const isPart = values.learning || values.sharing || values.latent;
const fleets = isPart ? [] : FLEETS.filter(({ name }) => values.fleet?.includes(name) ?? true);
if (fleets.length === 0 && !isPart) {
  throw new Error(`--fleet must be one of ${FLEETS.map(({ name }) => name).join(', ')}`);
}

const results = new Results(fleets);
const learned = new LearningResults();
const shared = new SharingResults();
const latent = new LatentResults();
const isWhole = values.fleet === undefined && !isPart;
const isLearning = values.learning || isWhole;
const isSharing = values.sharing || isWhole;
const isLatent = values.latent || isWhole;
go([
  ...runsFor(results, effort),
  ...(isLearning ? learningRuns(learned, effort) : []),
  ...(isSharing ? sharingRuns(shared, effort) : []),
  ...(isLatent ? latentRuns(latent, effort) : []),
]);

if (fleets.length > 0) show('placement', markdown(results, command), fleets.length === FLEETS.length);
if (isLearning) show('learning', learningMarkdown(learned, command), true);
if (isLatent) show('latent', latentMarkdown(latent, command), true);
if (isSharing) show('sharing', sharingMarkdown(shared, command), true);
if (fleets.length === FLEETS.length) {
  mkdirSync(PLOTS, { recursive: true });
  for (const [name, svg] of plots(results)) writeFileSync(new URL(name, PLOTS), svg);
}

function go(runs: readonly Run[]): void {
  const bar = new SingleBar({ format: '{bar} {value}/{total}  {eta_formatted} left  {run}', hideCursor: true });
  bar.start(runs.length, 0, { run: '' });
  for (const run of runs) {
    bar.update({ run: run.title });
    run.go();
    bar.increment();
  }
  bar.stop();
}

/** Prints figures, and writes them between the markers of their section in the document. */
function show(section: string, figures: string, isWritten: boolean): void {
  console.log(figures);
  if (!isWritten) return;
  const [begin, end] = ['begins', 'ends'].map((edge) => `<!-- bench:${section} ${edge} -->`);
  const document = readFileSync(DOCUMENT, 'utf8');
  const before = document.slice(0, document.indexOf(begin) + begin.length);
  const after = document.slice(document.indexOf(end));
  writeFileSync(DOCUMENT, `${before}\n\n${figures}\n\n${after}`);
}
