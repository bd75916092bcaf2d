// The figures of a comparison as rows, without verdicts.
import type { Results } from '../results.js';
import { median, medianInterval, ratiosByRound } from '../statistics.js';
import { corePercent, digits, type Figures } from '../tables.js';
import type { StartSample } from './comparison.js';
import type { Pair } from './pair.js';

/** The measurements of two builds. */
export interface Compared {
  readonly pairs: readonly Pair[];
  readonly results: Results;
  readonly starts: readonly StartSample[];
}

const RATIO = ['this / other', 'interval', 'confidence'];

/** A table for CPU time and one for starts; tables without rows are left out. */
export function comparisonTables(compared: Compared): Figures[] {
  return [costTable(compared), startTable(compared)].filter(({ rows }) => rows.length > 0);
}

function costTable({ pairs, results }: Compared): Figures {
  const rows = results.cases.flatMap(({ name, title }) =>
    pairs.flatMap((pair) => {
      const [own, other] = [pair.own, pair.other].map(({ entry }) => results.of(name, entry.name));
      const cells = comparisonCells(own, other, ({ cpuMicros }) => cpuMicros);
      if (cells === undefined) return [];
      const cores = [own, other].map((samples) => digits(median(samples.map(corePercent))));
      return [[`${title}: ${pair.own.entry.title}`, ...cells, cores.join(' / ')]];
    }),
  );
  return { title: 'CPU time, µs per request', head: ['', 'this', 'other', ...RATIO, 'core, %'], rows };
}

function startTable({ pairs, starts }: Compared): Figures {
  const rows = pairs.flatMap((pair) => {
    const [own, other] = [pair.own, pair.other].map(({ entry }) =>
      starts.filter(({ contender }) => contender === entry.name),
    );
    const cells = comparisonCells(own, other, ({ readyMs }) => readyMs);
    return cells === undefined ? [] : [[pair.own.entry.title, ...cells]];
  });
  return { title: 'Start to ready, ms', head: ['', 'this', 'other', ...RATIO], rows };
}

/** The median of each build, and the median of their ratios with its interval; undefined without a complete round. */
function comparisonCells<S extends { readonly round: number }>(
  own: readonly S[],
  other: readonly S[],
  valueOf: (sample: S) => number,
): string[] | undefined {
  const ratios = ratiosByRound(own, other, valueOf);
  if (ratios.length === 0) return undefined;
  const { median: middle, low, high, confidence } = medianInterval(ratios);
  return [
    digits(median(own.map(valueOf))),
    digits(median(other.map(valueOf))),
    middle.toFixed(3),
    `${low.toFixed(3)}–${high.toFixed(3)}`,
    `${(100 * confidence).toFixed(1)} %`,
  ];
}
