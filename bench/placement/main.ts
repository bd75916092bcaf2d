// `npm run bench:placement`: runs every policy on every fleet in the simulator, and writes docs/placement.md.
//
//   --quick          fewer requests and one seed: seconds instead of minutes, with rough figures
//   --fleet NAME     only this fleet, printed only; may be repeated
//   --learning       only the runs with learned demand
//   --sharing        only the runs with several balancers
//   --latent         only the runs with nothing declared
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { measureAll } from './measuring-threads.js';
import { Selection, type Section } from './selection.js';

const DOCUMENT = new URL('../../docs/placement.md', import.meta.url);
const PLOTS = new URL('../../docs/plots/', import.meta.url);

const args = process.argv.slice(2);
const selection = new Selection(args);
const bar = new SingleBar({ format: '{bar} {value}/{total}  {eta_formatted} left  {run}', hideCursor: true });
bar.start(selection.runs.length, 0, { run: '' });
await measureAll(selection.runs, args, ({ title }) => bar.increment({ run: title }));
bar.stop();
for (const section of selection.sections) show(section);
mkdirSync(PLOTS, { recursive: true });
for (const [name, svg] of selection.plots()) writeFileSync(new URL(name, PLOTS), svg);

/** Prints a section, and writes it into the document if all of it was measured. */
function show({ name, isWhole, markdown }: Section): void {
  const figures = markdown();
  console.log(figures);
  if (!isWhole) return;
  const [begin, end] = ['begins', 'ends'].map((edge) => `<!-- bench:${name} ${edge} -->`);
  const document = readFileSync(DOCUMENT, 'utf8');
  const before = document.slice(0, document.indexOf(begin) + begin.length);
  const after = document.slice(document.indexOf(end));
  writeFileSync(DOCUMENT, `${before}\n\n${figures}\n\n${after}`);
}
