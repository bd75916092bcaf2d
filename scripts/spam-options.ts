// The flags of `npm run spam`.
import { METHODS } from 'node:http';
import { parseArgs } from 'node:util';

/** What the flags yield. */
export interface SpamOptions {
  /** Where the load goes. */
  readonly url: string;
  /** The balancer's control plane, for the figures per backend. */
  readonly control: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS' | 'PATCH';
  readonly connections: number;
  readonly durationSeconds: number;
  /** Requests a second, all connections together; undefined: as many as they can. */
  readonly rate: number | undefined;
}

export const SPAM_HELP = `Sends load at the balancer and prints what became of it.

  npm run spam -- [flags]

  --url URL           where the load goes               (http://localhost:5252/)
  --control URL       the balancer's control plane      (http://localhost:9797)
  --method METHOD     method of the requests            (GET)
  --connections N     connections kept open             (20)
  --duration SECONDS  how long, in whole seconds        (10)
  --rate N            requests a second, all together   (as many as the connections can)
  --help              this text

It ends with exit code 1 when nothing answered.
`;

const FLAGS = {
  url: { type: 'string', default: 'http://localhost:5252/' },
  control: { type: 'string', default: 'http://localhost:9797' },
  method: { type: 'string', default: 'GET' },
  connections: { type: 'string', default: '20' },
  duration: { type: 'string', default: '10' },
  rate: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const ALLOWED_METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'].filter((method) =>
  METHODS.includes(method),
);

/** The options, `help` when help was asked for, or a sentence on what is wrong. */
export function spamOptions(args: string[]): SpamOptions | string {
  try {
    const { values } = parseArgs({ args, options: FLAGS });
    if (values.help) return 'help';
    return {
      url: httpUrl('--url', values.url),
      control: httpUrl('--control', values.control).replace(/\/$/, ''),
      method: methodOf(values.method),
      connections: wholeNumber('--connections', values.connections, 10_000),
      durationSeconds: wholeNumber('--duration', values.duration, 86_400),
      rate: values.rate === undefined ? undefined : wholeNumber('--rate', values.rate, 1_000_000),
    };
  } catch (error) {
    // parseArgs goes on about positional arguments in a second sentence.
    return (error as Error).message.split(/\. |\n/)[0];
  }
}

function httpUrl(flag: string, text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'http:') return url.href;
  throw new RangeError(`${flag} must be an http URL such as http://localhost:5252/, got "${text}"`);
}

function methodOf(text: string): SpamOptions['method'] {
  const method = text.toUpperCase();
  if (ALLOWED_METHODS.includes(method)) return method as SpamOptions['method'];
  throw new RangeError(`--method must be one of ${ALLOWED_METHODS.join(', ')}, got "${text}"`);
}

function wholeNumber(flag: string, text: string, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= max) return value;
  throw new RangeError(`${flag} must be a whole number from 1 to ${max}, got "${text}"`);
}
