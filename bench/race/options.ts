// The flags of `npm run bench:race`.
import { parseArgs } from 'node:util';
import type { Contender } from '../contenders/contender.js';
import { CONTENDERS } from './contenders.js';

/** The parsed flags. */
export interface RaceOptions {
  readonly fleets: readonly string[];
  /** Fractions of λ*. */
  readonly loads: readonly number[];
  readonly contenders: readonly Contender[];
  /** How long each heat is measured; undefined means as long as 2,000 requests take. */
  readonly durationSeconds: number | undefined;
  /** Timeout of the client: a request without a response by then has failed. */
  readonly timeoutSeconds: number;
  /** Whether nothing is left out, so that the figures go to the document. */
  readonly isWhole: boolean;
}

const FLEET_NAMES = ['polar', 'original-3', 'web'];
const LOADS = [0.4, 0.6, 0.8, 0.95];
const TIMEOUT_SECONDS = 10;
const QUICK = { fleets: ['polar'], loads: [0.6], durationSeconds: 6 };

export const RACE_HELP = `Compares Fairlead with nginx, HAProxy and Caddy on the same backends, and writes docs/race.md.

  npm run build && npm run bench:race -- [flags]

  --quick             polar at 0.6 λ* only, ${QUICK.durationSeconds} s each
  --fleet NAME        only this fleet: ${FLEET_NAMES.join(', ')}; may be repeated
  --load PART         only this fraction of λ*, above 0 and below 1 (${LOADS.join(', ')}); may be repeated
  --contender NAME    only this contender, may be repeated:
                      ${CONTENDERS.map(({ name }) => name).join(', ')}
  --duration SECONDS  how long each heat is measured, in whole seconds (as long as 2,000 requests take)
  --timeout SECONDS   how long the client waits for a response, in whole seconds (${TIMEOUT_SECONDS})
  --help              print this text

With any flag the figures are only printed, and the document stays unchanged.
`;

const FLAGS = {
  quick: { type: 'boolean', default: false },
  fleet: { type: 'string', multiple: true },
  load: { type: 'string', multiple: true },
  contender: { type: 'string', multiple: true },
  duration: { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The options, `help` if help was requested, or an error message. */
export function raceOptions(args: string[]): RaceOptions | 'help' | { readonly problem: string } {
  try {
    const { values } = parseArgs({ args, options: FLAGS });
    if (values.help) return 'help';
    const defaults = values.quick ? QUICK : { fleets: FLEET_NAMES, loads: LOADS, durationSeconds: undefined };
    return {
      fleets: values.fleet?.map((name) => oneOf('--fleet', name, FLEET_NAMES)) ?? defaults.fleets,
      loads: values.load?.map(partOfBound) ?? defaults.loads,
      contenders: values.contender === undefined ? CONTENDERS : contendersOf(values.contender),
      durationSeconds:
        values.duration === undefined ? defaults.durationSeconds : wholeSeconds('--duration', values.duration),
      timeoutSeconds: values.timeout === undefined ? TIMEOUT_SECONDS : wholeSeconds('--timeout', values.timeout),
      isWhole: args.length === 0,
    };
  } catch (error) {
    // Keep the first sentence: parseArgs adds a second one about positional arguments.
    return { problem: (error as Error).message.split(/\. |\n/)[0] };
  }
}

function contendersOf(names: readonly string[]): Contender[] {
  const known = CONTENDERS.map(({ name }) => name);
  for (const name of names) oneOf('--contender', name, known);
  return CONTENDERS.filter(({ name }) => names.includes(name));
}

function oneOf(flag: string, text: string, known: readonly string[]): string {
  if (known.includes(text)) return text;
  throw new RangeError(`${flag} must be one of ${known.join(', ')}, got "${text}"`);
}

function partOfBound(text: string): number {
  const load = /^0?\.\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (load > 0) return load;
  throw new RangeError(`--load must be a fraction of λ* above 0 and below 1 such as 0.6, got "${text}"`);
}

function wholeSeconds(flag: string, text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (seconds >= 1 && seconds <= 3_600) return seconds;
  throw new RangeError(`${flag} must be a whole number of seconds from 1 to 3600, got "${text}"`);
}
