// What was found out about learned demand, held against the bars, as Markdown.
import {
  AFTER_REPORTS,
  COLD,
  JUDGED_CONDITIONS,
  LEARNED_LOAD,
  LEARNING_TROUBLES,
  WARM,
  type Case,
  type Contender,
  type LearningResults,
} from './learning.js';
import { EXACT } from './conditions.js';
import { LEARNING_FLEETS } from './fleets.js';
import { digits, table, type Row } from './markdown.js';
import { median } from './measure.js';
import { DISCIPLINES } from './results.js';

const SHORT = { 'processor-sharing': 'PS', fifo: 'FIFO' } as const;
const MOST_REPORTED = 1.15;
const MOST_INFERRED_EXACT = 1.5;
const MOST_INFERRED_NOISY = 3;
const LEAST_GAIN = 5;

type Situation = Omit<Case, 'beginning'>;

/** The generated part of docs/placement.md on learning. */
export function learningMarkdown(results: LearningResults, command: string): string {
  return [
    `Made by \`${command}\`. p99 at ${LEARNED_LOAD} λ*; every ratio is taken seed by seed: the median, and in brackets the worst seed.`,
    '### Against the bars',
    barsOf(results),
    '### p99 in seconds',
    'declared / inferred / least-requests; the median of the seeds.',
    figuresOf(results),
    '### Learning under troubles',
    `After ${WARM.requests} requests at ${WARM.load} λ*, PS: declared / inferred / reported / least-requests. Speeds of backends are learned with the demand, and by neither \`declared\` nor \`least-requests\`.`,
    ...LEARNING_TROUBLES.map(({ name, about }) => `- **${name}**: ${about}.`),
    troublesOf(results),
  ].join('\n\n');
}

function barsOf(results: LearningResults): string {
  const head = [
    `ORCA, over declared (≤ ${MOST_REPORTED})`,
    `warm, over declared (≤ ${MOST_INFERRED_EXACT}, noise ≤ ${MOST_INFERRED_NOISY})`,
    `warm, least-requests over it (≥ ${LEAST_GAIN})`,
    'cold, keeps up',
    'cold, over declared (no bar)',
    `cold, least-requests over it (≥ ${LEAST_GAIN})`,
  ];
  const rows = situations().map((situation): Row => {
    const most = situation.condition === EXACT ? MOST_INFERRED_EXACT : MOST_INFERRED_NOISY;
    const warm: Case = { ...situation, beginning: WARM };
    const cold: Case = { ...situation, beginning: COLD };
    const reports: Case = { ...situation, beginning: AFTER_REPORTS };
    return [
      nameOf(situation),
      [
        atMost(MOST_REPORTED, ratios(results, reports, 'reported', 'declared')),
        atMost(most, ratios(results, warm, 'inferred', 'declared')),
        atLeast(LEAST_GAIN, ratios(results, warm, 'least-requests', 'inferred')),
        results.keepsUp(cold) ? 'yes' : '**no**',
        atMost(Infinity, ratios(results, cold, 'inferred', 'declared')),
        atLeast(LEAST_GAIN, ratios(results, cold, 'least-requests', 'inferred')),
      ],
    ];
  });
  return table('fleet', head, rows);
}

function figuresOf(results: LearningResults): string {
  const rows = situations().map((situation): Row => {
    const cells = [WARM, COLD].map((beginning) => {
      const of = { ...situation, beginning };
      return seconds(results, of, ['declared', 'inferred', 'least-requests']);
    });
    return [nameOf(situation), cells];
  });
  return table('fleet', ['warm', 'cold'], rows);
}

function troublesOf(results: LearningResults): string {
  const rows = LEARNING_TROUBLES.map((condition): Row => {
    const cells = LEARNING_FLEETS.map(({ name }) => {
      const of: Case = { fleet: name, condition, discipline: 'processor-sharing', beginning: WARM };
      return seconds(results, of, ['declared', 'inferred', 'reported', 'least-requests']);
    });
    return [condition.name, cells];
  });
  return table(
    'condition',
    LEARNING_FLEETS.map(({ name }) => name),
    rows,
  );
}

function situations(): Situation[] {
  return LEARNING_FLEETS.flatMap(({ name }) =>
    JUDGED_CONDITIONS.flatMap((condition) => DISCIPLINES.map((discipline) => ({ fleet: name, condition, discipline }))),
  );
}

function nameOf({ fleet, condition, discipline }: Situation): string {
  return `${fleet}, ${condition.name}, ${SHORT[discipline]}`;
}

function seconds(results: LearningResults, of: Case, contenders: readonly Contender[]): string {
  return contenders.map((contender) => digits(median(results.tails(of, contender)))).join(' / ');
}

function ratios(results: LearningResults, of: Case, above: Contender, below: Contender): number[] {
  const denominators = results.tails(of, below);
  return results.tails(of, above).map((figure, seed) => figure / denominators[seed]);
}

function atMost(bar: number, figures: readonly number[]): string {
  return judged(median(figures) <= bar, median(figures), Math.max(...figures));
}

function atLeast(bar: number, figures: readonly number[]): string {
  return judged(median(figures) >= bar, median(figures), Math.min(...figures));
}

function judged(isMet: boolean, middle: number, worst: number): string {
  const figures = `${digits(middle)} (${digits(worst)})`;
  return isMet ? figures : `**${figures}, not met**`;
}
