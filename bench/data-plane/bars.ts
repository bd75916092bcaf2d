// The bars for Fairlead, and whether it meets them.
import { CASES, USUAL_CASE } from './cases.js';
import { CONTENDERS, hasFootprintOfItsOwn } from './contenders.js';
import type { Results } from './results.js';
import { spreadOf, type Spread } from './statistics.js';

/** A measure that must not exceed a limit. */
export interface Bar {
  readonly what: string;
  readonly limit: number;
  readonly unit: '×' | 'KiB' | 's';
  /** Undefined when not measured. */
  readonly measured: Spread | undefined;
}

/** Whether the median is within the limit. */
export function isMet({ limit, measured }: Bar): boolean | undefined {
  return measured === undefined ? undefined : measured.median <= limit;
}

const FAST = 'fairlead-fast';
const NEST = 'nest-hpm';
/** The contenders with bars on start-up and memory. */
const LANES = CONTENDERS.filter((entry) => entry.program === 'fairlead' && hasFootprintOfItsOwn(entry));

/** All bars, in the order of the tables. */
export function barsOf(results: Results): Bar[] {
  const cost = (caseName: string, contender: string, other: string, limit: number): Bar => ({
    what: `${titleOf(contender)} / ${titleOf(other)}: ${CASES.find(({ name }) => name === caseName)?.title}`,
    limit,
    unit: '×',
    measured: results.costRatio(caseName, contender, other),
  });
  return [
    cost(USUAL_CASE, FAST, 'nginx', 1.3),
    cost(USUAL_CASE, FAST, 'caddy', 0.45),
    cost(USUAL_CASE, FAST, NEST, 0.2),
    cost('16kib', FAST, 'nginx', 1.35),
    cost('1mib', FAST, 'nginx', 2),
    cost('post', FAST, 'nginx', 1.5),
    cost('chunked', FAST, 'nginx', 1.5),
    cost('tls-1kib', FAST, 'nginx', 1.5),
    cost('tls-16kib', FAST, 'nginx', 1.5),
    cost('tls-1mib', FAST, 'nginx', 1.5),
    cost('routes', 'fairlead-routes', 'fairlead-route', 1.05),
    cost('rewrite', 'fairlead-rewrite', 'fairlead-route', 1.1),
    cost(USUAL_CASE, 'fairlead-fast-2', 'fairlead-fast-1', 1.15),
    ...CASES.filter(({ isSecure, isForFew }) => !isSecure && !isForFew).map(({ name }) =>
      cost(name, 'fairlead-full', NEST, 1),
    ),
    cost(USUAL_CASE, 'features-on', 'features-off', 1.15),
    ...LANES.flatMap(({ name, title }) => footprintBars(results, name, title)),
  ];
}

function footprintBars(results: Results, contender: string, title: string): Bar[] {
  const footprint = results.footprintOf(contender);
  const only = (value: number): Spread => ({ median: value, min: value, max: value });
  const seconds = footprint?.readyMs.map((ms) => ms / 1000) ?? [];
  return [
    {
      what: `${title}: each idle connection`,
      limit: 12,
      unit: 'KiB',
      measured: footprint && only(footprint.kibPerConnection),
    },
    {
      what: `${title}: each idle TLS connection`,
      limit: 70,
      unit: 'KiB',
      measured: footprint?.kibPerSecureConnection === undefined ? undefined : only(footprint.kibPerSecureConnection),
    },
    {
      what: `${title}: start to ready`,
      limit: 1.5,
      unit: 's',
      measured: footprint && spreadOf(seconds),
    },
  ];
}

function titleOf(contender: string): string {
  return CONTENDERS.find(({ name }) => name === contender)?.title ?? contender;
}
