// The load generator: wrk, a closed loop on a given number of connections.
import { OwnProcess } from '../contenders/processes.js';
import { bodyOf, HEADERS, type Case } from './cases.js';
import { pinned } from './pinning.js';

/** The figures that wrk reports. */
export interface WrkReading {
  /** Responses within the interval. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** From sending a request to its response. A closed loop does not measure the waiting of requests it did not send. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** Parses the output of `wrk --latency`. @throws {Error} when a request failed, or the text is not a report of wrk. */
export function parseWrk(text: string): WrkReading {
  const trouble = /(Socket errors: .*|Non-2xx or 3xx responses: .*)/.exec(text)?.[1];
  if (trouble !== undefined) throw new Error(`wrk reported failures: ${trouble}`);
  const reading = {
    requests: Number(/^\s*(\d+) requests in /m.exec(text)?.[1]),
    requestsPerSecond: Number(/^Requests\/sec:\s*([\d.]+)/m.exec(text)?.[1]),
    p50Ms: percentile(text, 50),
    p99Ms: percentile(text, 99),
  };
  if (!Object.values(reading).every((value) => value > 0)) throw new Error(`wrk printed no figures: ${text.trim()}`);
  return reading;
}

function percentile(text: string, percent: number): number {
  const [, value, unit] = new RegExp(`^\\s*${percent}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`, 'm').exec(text) ?? [];
  return Number(value) * (MILLISECONDS[unit ?? ''] ?? NaN);
}

/** The Lua script of a case. It defines no function, so that wrk builds the request once and resends it. */
export function luaScript({ requestBytes, keepsAlive, host }: Case): string {
  const headers = keepsAlive ? HEADERS : { ...HEADERS, Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`);
  if (host !== undefined) lines.push(`wrk.headers["Host"] = ${lua(host)}`);
  if (requestBytes > 0) lines.push('wrk.method = "POST"', `wrk.body = ${lua(bodyOf(requestBytes).toString())}`);
  return `${lines.join('\n')}\n`;
}

/** A Lua string literal; for the characters used here, JSON escapes like Lua. */
const lua = (text: string): string => JSON.stringify(text);

/** Loads a port of 127.0.0.1 from these cores for `seconds`. @throws {Error} when any request fails. */
export async function load(
  { path, connections, isSecure }: Case,
  { port, script, seconds, cores }: { port: number; script: string; seconds: number; cores: string },
): Promise<WrkReading> {
  const url = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}${path}`;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', '-s', script, url];
  const { command, args: all } = pinned(cores, { command: 'wrk', args });
  return parseWrk(await OwnProcess.start('wrk', command, all, {}, 'pipe').finished());
}
