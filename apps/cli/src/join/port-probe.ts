// Finds out whether a process answers on its port.
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a process listens. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** A path that responds with 2xx when the process is well; undefined: an accepted connection is enough. */
  readonly path: string | undefined;
  readonly isTls: boolean;
}

const PROBE_TIMEOUT_MS = 2_000;
const POLL_MS = 100;

/** What becomes of a connection to a port. One that is silent may belong to a busy process, or be behind a firewall. */
export type PortState = 'open' | 'closed' | 'silent';

/** Connects to it. */
export function probePort({ host, port }: Target): Promise<PortState> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    const end = (state: PortState) => {
      socket.destroy();
      resolve(state);
    };
    socket.once('connect', () => end('open'));
    socket.once('timeout', () => end('silent'));
    socket.once('error', () => end('closed'));
  });
}

/** Waits until the target answers; returns undefined then, or what is missing when `signal` aborts before. */
export async function waitUntilAnswers(target: Target, signal: AbortSignal): Promise<string | undefined> {
  for (;;) {
    const missing = await missingOf(target);
    if (missing === undefined || signal.aborted) return missing;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** What is missing for an answer; undefined if nothing is. */
async function missingOf(target: Target): Promise<string | undefined> {
  const state = await probePort(target);
  if (state === 'closed') return `nothing listens on port ${target.port} of ${target.host}`;
  if (state === 'silent') return `port ${target.port} of ${target.host} does not respond`;
  if (target.path === undefined) return undefined;
  const status = await statusOf(target);
  if (status === undefined) return `GET ${target.path} gets no response`;
  return status >= 200 && status < 300 ? undefined : `GET ${target.path} has status ${status}`;
}

/** The status of the response; undefined if there is none. */
function statusOf({ host, port, path, isTls }: Target): Promise<number | undefined> {
  return new Promise((resolve) => {
    const options = { host, port, path, agent: false, timeout: PROBE_TIMEOUT_MS } as const;
    // The balancer verifies the certificate. Here it may be for another name than that of this machine.
    const request = isTls ? getHttps({ ...options, rejectUnauthorized: false }) : getHttp(options);
    request.once('response', (response) => {
      response.destroy();
      resolve(response.statusCode);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
    request.once('close', () => resolve(undefined));
  });
}
