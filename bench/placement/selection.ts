// What the flags of the benchmark select: the runs, and the sections of docs/placement.md that show their results.
import { parseArgs } from 'node:util';
import { FLEETS } from './fleets.js';
import { latentMarkdown } from './latent-report.js';
import { LatentResults, latentRuns } from './latent.js';
import { learningMarkdown } from './learning-report.js';
import { LearningResults, learningRuns } from './learning.js';
import { FULL, QUICK } from './measure.js';
import { markdown, plots } from './report.js';
import { Results, runsFor } from './results.js';
import type { Run } from './run.js';
import { sharingMarkdown } from './sharing-report.js';
import { SharingResults, sharingRuns } from './sharing.js';

/** A part of docs/placement.md, between the markers of its name. */
export interface Section {
  readonly name: string;
  /** Whether all of it was measured, so that it can take the place of what the document has. */
  readonly isWhole: boolean;
  /** Called when all runs have been made. */
  readonly markdown: () => string;
}

export class Selection {
  readonly runs: readonly Run[];
  readonly sections: readonly Section[];
  /** SVG by file name, when all runs have been made; none if some of what they show was not measured. */
  readonly plots: () => Iterable<readonly [string, string]>;

  /** @throws {Error} for a flag or a fleet that there is not. */
  constructor(args: readonly string[]) {
    const { values } = parseArgs({
      args: [...args],
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
    const isEverything = values.fleet === undefined && !isPart;
    const isWhole = fleets.length === FLEETS.length;

    const results = new Results(fleets);
    const learned = new LearningResults();
    const shared = new SharingResults();
    const latent = new LatentResults();
    const parts = [
      {
        isSelected: fleets.length > 0,
        runs: () => runsFor(results, effort),
        section: { name: 'placement', isWhole, markdown: () => markdown(results, command) },
      },
      {
        isSelected: isEverything || values.learning,
        runs: () => learningRuns(learned, effort),
        section: { name: 'learning', isWhole: true, markdown: () => learningMarkdown(learned, command) },
      },
      {
        isSelected: isEverything || values.latent,
        runs: () => latentRuns(latent, effort),
        section: { name: 'latent', isWhole: true, markdown: () => latentMarkdown(latent, command) },
      },
      {
        isSelected: isEverything || values.sharing,
        runs: () => sharingRuns(shared, effort),
        section: { name: 'sharing', isWhole: true, markdown: () => sharingMarkdown(shared, command) },
      },
    ].filter(({ isSelected }) => isSelected);
    this.runs = parts.flatMap(({ runs }) => runs());
    this.sections = parts.map(({ section }) => section);
    this.plots = () => (isWhole ? plots(results) : []);
  }
}
