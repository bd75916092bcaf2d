// The flags of `npm run test:chaos`.
import { parseArgs } from 'node:util';

export interface ChaosOptions {
  /** Numbers of scenarios; undefined: all. */
  readonly scenarios: readonly number[] | undefined;
  readonly isLong: boolean;
  readonly soakMinutes: number | undefined;
  /** Whether nginx and HAProxy are shown too. */
  readonly withPeers: boolean;
  /** Undefined: half of what was measured, at most `MAX_RATE`. */
  readonly ratePerSecond: number | undefined;
  readonly variables: Readonly<Record<string, string>>;
  /** Whether clients speak TLS with Fairlead. */
  readonly isSecure: boolean;
  /** Files to write. */
  readonly report: string | undefined;
  readonly markdown: string | undefined;
}

/** Requests per second, unless half of the capacity is less: enough to catch races, and a 2-core machine bears it. */
export const MAX_RATE = 400;

export const CHAOS_HELP = `Kills, stops, drains and breaks real processes, and counts what becomes of the requests meanwhile.

  npm run build && npm run test:chaos -- [flags]

  --scenario N,N      only these scenarios
  --long              the full lengths, nginx and HAProxy too; without it a short form, for CI
  --soak-minutes N    how long the soak (15) goes on
  --peers, --no-peers nginx and HAProxy where they can do the same; on in the long form
  --rate N            requests per second; by default half of the measured capacity, at most ${MAX_RATE}
  --tls               clients speak TLS; without nginx and HAProxy
  --set NAME=value    a variable for Fairlead; may be repeated
  --report FILE       writes the results as JSON, as vitest would
  --markdown FILE     writes the table
  --help              this text

It fails when Fairlead misses a bar. What nginx or HAProxy miss is shown and no more.
`;

const FLAGS = {
  scenario: { type: 'string', multiple: true },
  long: { type: 'boolean', default: false },
  'soak-minutes': { type: 'string' },
  peers: { type: 'boolean' },
  rate: { type: 'string' },
  tls: { type: 'boolean', default: false },
  set: { type: 'string', multiple: true },
  report: { type: 'string' },
  markdown: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The options, `help` when help was asked for, or a sentence on what is wrong. */
export function chaosOptions(args: string[], known: readonly number[]): ChaosOptions | 'help' | { problem: string } {
  try {
    const { values } = parseArgs({ args, options: FLAGS, allowNegative: true });
    if (values.help) return 'help';
    return {
      scenarios: values.scenario?.flatMap((list) => list.split(',').map((text) => scenarioOf(text.trim(), known))),
      isLong: values.long,
      soakMinutes:
        values['soak-minutes'] === undefined ? undefined : positive('--soak-minutes', values['soak-minutes']),
      withPeers: !values.tls && (values.peers ?? values.long),
      isSecure: values.tls,
      ratePerSecond: values.rate === undefined ? undefined : positive('--rate', values.rate),
      variables: Object.fromEntries((values.set ?? []).map(variableOf)),
      report: values.report,
      markdown: values.markdown,
    };
  } catch (error) {
    // parseArgs goes on about positional arguments in a second sentence.
    return { problem: (error as Error).message.split(/\. |\n/)[0] };
  }
}

function scenarioOf(text: string, known: readonly number[]): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (known.includes(number)) return number;
  throw new RangeError(`--scenario must be numbers out of ${known.join(', ')}, got "${text}"`);
}

function positive(flag: string, text: string): number {
  const number = /^\d{1,4}(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (number > 0) return number;
  throw new RangeError(`${flag} must be a number above 0 and below 10000, got "${text}"`);
}

function variableOf(text: string): [string, string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined) return [name, value];
  throw new RangeError(`--set must be a variable such as MAX_ATTEMPTS=1, got "${text}"`);
}
