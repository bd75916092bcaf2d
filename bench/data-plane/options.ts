// The flags of `npm run bench:data-plane`.
import { parseArgs } from 'node:util';
import { CASES, USUAL_CASE, type Case } from './cases.js';
import { CONTENDERS, type Entry } from './contenders.js';

/** The parsed flags. */
export interface BenchOptions {
  readonly cases: readonly Case[];
  /** Whether start-up and memory are measured. */
  readonly hasFootprint: boolean;
  readonly contenders: readonly Entry[];
  readonly rounds: number;
  /** Duration of each turn. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Number of starts; start-up is their median. */
  readonly starts: number;
  /** The checkout to compare this one with; undefined to compare with other load balancers. */
  readonly against: string | undefined;
  /** File for the raw results. */
  readonly json: string | undefined;
  /** Whether nothing is left out, so that the figures go to the document. */
  readonly isWhole: boolean;
}

/** The case without requests: start-up and memory. */
const FOOTPRINT = 'footprint';

const CASE_NAMES = [...CASES.map(({ name }) => name), FOOTPRINT];
const CONTENDER_NAMES = CONTENDERS.map(({ name }) => name);
const OWN_NAMES = CONTENDERS.filter(({ program }) => program === 'fairlead').map(({ name }) => name);

const WHOLE = { cases: CASE_NAMES, contenders: CONTENDER_NAMES, rounds: 5, seconds: 5, warmUpSeconds: 2, starts: 5 };
const QUICK = {
  cases: ['1kib', '16kib', 'post', 'chunked', FOOTPRINT],
  contenders: CONTENDER_NAMES,
  rounds: 1,
  seconds: 2,
  warmUpSeconds: 1,
  starts: 2,
};

/** Defaults for two builds. Each turn starts and warms up a new process, so the second warm-up can be short. */
const AGAINST = {
  cases: [USUAL_CASE, FOOTPRINT],
  contenders: ['fairlead-fast', 'fairlead-full'],
  rounds: 15,
  seconds: 3,
  warmUpSeconds: 1,
  starts: 10,
};

export const BENCH_HELP = `Measures what a request costs in CPU time: Fairlead, nginx, HAProxy, Caddy and http-proxy-middleware.
Writes docs/performance.md and docs/plots/data-plane.svg when no contender and no case is left out.

  npm run build && npm run bench:data-plane -- [flags]

  --quick            ${QUICK.cases.join(', ')} only: ${QUICK.rounds} round, ${QUICK.seconds} s each
  --case NAME        only this case, may be repeated:
                     ${CASE_NAMES.join(', ')}
  --contender NAME   only this contender, may be repeated:
                     ${CONTENDER_NAMES.join(', ')}
  --rounds N         rounds of each case (${WHOLE.rounds})
  --seconds N        how long each turn is measured (${WHOLE.seconds})
  --warm-up N        seconds of load before that (${WHOLE.warmUpSeconds})
  --starts N         starts for the start-up time (${WHOLE.starts})
  --json FILE        also write the raw results to this file
  --help             print this text

  npm run build && npm run bench:data-plane -- --against CHECKOUT [flags]

  --against CHECKOUT compares the build of this checkout with the build in the folder CHECKOUT, and rewrites no
                     document: CPU time per request, and start-up as case ${FOOTPRINT}. Needs wrk only.
                     Takes the flags above except --quick, with these defaults:
                     --case ${AGAINST.cases.join(' --case ')}
                     --contender ${AGAINST.contenders.join(' --contender ')}
                     --rounds ${AGAINST.rounds} --seconds ${AGAINST.seconds} --warm-up ${AGAINST.warmUpSeconds} --starts ${AGAINST.starts}
                     Exits with 0 if both builds were measured, whatever the figures, else with 1.

  BENCH_REGISTRY_URL=redis://127.0.0.1:6379 adds the contender fairlead-redis, whose registry is in that server.
`;

const FLAGS = {
  quick: { type: 'boolean', default: false },
  case: { type: 'string', multiple: true },
  contender: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  'warm-up': { type: 'string' },
  starts: { type: 'string' },
  against: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The options, `help` if help was requested, or an error message. */
export function benchOptions(args: string[]): BenchOptions | 'help' | { readonly problem: string } {
  try {
    const { values } = parseArgs({ args, options: FLAGS });
    if (values.help) return 'help';
    const { quick, against } = values;
    if (quick && against !== undefined) throw new RangeError('--quick and --against cannot be used together');
    const defaults = against !== undefined ? AGAINST : quick ? QUICK : WHOLE;
    const names = against !== undefined ? OWN_NAMES : CONTENDER_NAMES;
    const cases = known('--case', values.case ?? defaults.cases, CASE_NAMES);
    const contenders = known('--contender', values.contender ?? defaults.contenders, names);
    return {
      cases: CASES.filter(({ name }) => cases.includes(name)),
      hasFootprint: cases.includes(FOOTPRINT),
      contenders: CONTENDERS.filter(({ name }) => contenders.includes(name)),
      rounds: wholeNumber('--rounds', values.rounds, defaults.rounds),
      seconds: wholeNumber('--seconds', values.seconds, defaults.seconds),
      warmUpSeconds: wholeNumber('--warm-up', values['warm-up'], defaults.warmUpSeconds),
      starts: wholeNumber('--starts', values.starts, defaults.starts),
      against,
      json: values.json,
      isWhole: !quick && against === undefined && values.case === undefined && values.contender === undefined,
    };
  } catch (error) {
    // Keep the first sentence: parseArgs adds a second one about positional arguments.
    return { problem: (error as Error).message.split(/\. |\n/)[0] };
  }
}

/** The command that reproduces a complete run with these options, without the file for raw results. */
export function commandOf({ rounds, seconds, starts }: Pick<BenchOptions, 'rounds' | 'seconds' | 'starts'>): string {
  const flags = [
    ...(rounds === WHOLE.rounds ? [] : ['--rounds', rounds]),
    ...(seconds === WHOLE.seconds ? [] : ['--seconds', seconds]),
    ...(starts === WHOLE.starts ? [] : ['--starts', starts]),
  ];
  return ['npm run bench:data-plane', ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
}

function known(flag: string, names: readonly string[], all: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !all.includes(name));
  if (unknown === undefined) return names;
  throw new RangeError(`${flag} must be one of ${all.join(', ')}, got "${unknown}"`);
}

function wholeNumber(flag: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (number >= 1) return number;
  throw new RangeError(`${flag} must be a whole number from 1 to 999, got "${text}"`);
}
