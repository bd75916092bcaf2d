// The flags of `npm run test:security`.
import { parseArgs } from 'node:util';
import { LANES, type Form, type Lane } from './attack.ts';

export interface SecurityOptions extends Form {
  /** Names of attacks; undefined: all. */
  readonly attacks: readonly string[] | undefined;
  /** A file to write. */
  readonly report: string | undefined;
}

export const SECURITY_HELP = `Attacks the built balancer as clients, backends, neighbours and web pages do.

  npm run build && npm run test:security -- [flags]

  --attack NAME,NAME   only these attacks
  --long               the full numbers; without it a short form, for CI
  --minutes N          the mutator alone, for N minutes in each lane
  --lane LANE,LANE     lanes of the mutator: ${LANES.join(', ')}; all by default
  --seed N             seed of the mutator; by default one of its own, which it prints
  --report FILE        writes the results as JSON, as vitest would
  --help               this text

It fails when an attack finds something open.
`;

const FLAGS = {
  attack: { type: 'string', multiple: true },
  long: { type: 'boolean', default: false },
  minutes: { type: 'string' },
  lane: { type: 'string', multiple: true },
  seed: { type: 'string' },
  report: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The options, `help` when help was asked for, or a sentence on what is wrong. */
export function securityOptions(
  args: string[],
  known: readonly string[],
): SecurityOptions | 'help' | { problem: string } {
  try {
    const { values } = parseArgs({ args, options: FLAGS });
    if (values.help) return 'help';
    const minutes = values.minutes === undefined ? undefined : positive('--minutes', values.minutes);
    const attacks = listOf('--attack', values.attack, known);
    return {
      attacks: minutes !== undefined && attacks === undefined ? ['mutator'] : attacks,
      isLong: values.long,
      minutes,
      lanes: (listOf('--lane', values.lane, LANES) as Lane[] | undefined) ?? LANES,
      seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : seedOf(values.seed),
      report: values.report,
    };
  } catch (error) {
    // parseArgs goes on about positional arguments in a second sentence.
    return { problem: (error as Error).message.split(/\. |\n/)[0] };
  }
}

function listOf(flag: string, given: string[] | undefined, known: readonly string[]): string[] | undefined {
  const names = given?.flatMap((list) => list.split(',').map((name) => name.trim()));
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new RangeError(`${flag} must be names out of ${known.join(', ')}, got "${unknown}"`);
}

function positive(flag: string, text: string): number {
  const number = /^\d{1,4}(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (number > 0) return number;
  throw new RangeError(`${flag} must be a number above 0 and below 10000, got "${text}"`);
}

function seedOf(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (seed < 2 ** 32) return seed;
  throw new RangeError(`--seed must be a whole number from 0 to 4294967295, got "${text}"`);
}
