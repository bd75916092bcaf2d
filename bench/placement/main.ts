// `npm run bench:placement`: every policy on every fleet in the simulator; writes the figures into docs/placement.md.
//
//   --quick          fewer requests and one seed: minutes become seconds, and the figures only hint
//   --fleet NAME     only this fleet, to the terminal; may be repeated
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { FLEETS } from './fleets.js';
import { FULL, QUICK } from './measure.js';
import { markdown, plots } from './report.js';
import { Results, runsFor } from './results.js';

const DOCUMENT = new URL('../../docs/placement.md', import.meta.url);
const PLOTS = new URL('../../docs/plots/', import.meta.url);
const BEGIN = '<!-- bench:placement begins -->';
const END = '<!-- bench:placement ends -->';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, fleet: { type: 'string', multiple: true } },
});
const fleets = FLEETS.filter(({ name }) => values.fleet?.includes(name) ?? true);
if (fleets.length === 0) throw new Error(`--fleet must be one of ${FLEETS.map(({ name }) => name).join(', ')}`);

const results = new Results(fleets);
const runs = runsFor(results, values.quick ? QUICK : FULL);
const bar = new SingleBar({ format: '{bar} {value}/{total}  {eta_formatted} left  {run}', hideCursor: true });
bar.start(runs.length, 0, { run: '' });
for (const { title, go } of runs) {
  bar.update({ run: title });
  go();
  bar.increment();
}
bar.stop();

const figures = markdown(results, `npm run bench:placement${values.quick ? ' -- --quick' : ''}`);
console.log(figures);
if (fleets.length === FLEETS.length) {
  const document = readFileSync(DOCUMENT, 'utf8');
  const before = document.slice(0, document.indexOf(BEGIN) + BEGIN.length);
  const after = document.slice(document.indexOf(END));
  writeFileSync(DOCUMENT, `${before}\n\n${figures}\n\n${after}`);
  mkdirSync(PLOTS, { recursive: true });
  for (const [name, svg] of plots(results)) writeFileSync(new URL(name, PLOTS), svg);
}
