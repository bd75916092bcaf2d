// The flags of `npm run spam`.
import { METHODS } from 'node:http';
import { parseArgs } from 'node:util';

/** The parsed flags. */
export interface SpamOptions {
  /** The URL that receives the load. */
  readonly url: string;
  /** The balancer's control plane, for the counters of each backend. */
  readonly control: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS' | 'PATCH';
  readonly connections: number;
  readonly durationSeconds: number;
  /** Requests per second over all connections; undefined: no limit. */
  readonly rate: number | undefined;
}

export const SPAM_HELP = `Sends load to the balancer and prints the results.

  npm run spam -- [flags]

  --url URL           target of the requests            (http://localhost:5252/)
  --control URL       the balancer's control plane      (http://localhost:9797)
  --method METHOD     method of the requests            (GET)
  --connections N     number of kept-alive connections  (20)
  --duration SECONDS  duration in whole seconds         (10)
  --rate N            requests per second, in total     (no limit)
  --help              prints this text

The exit code is 1 when a request failed, or when there was no response.
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

/** Returns the options, `help` for --help, or an error message. */
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
    // Drops the second sentence of parseArgs, which is about positional arguments.
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
