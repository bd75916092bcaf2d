// Where a process listens, and where the balancer reaches it: as the flags say, or by the port that was found.
import { isIPv6 } from 'node:net';
import type { JoinFlags } from './join-flags.js';
import type { ListeningPort } from './listening-ports.js';
import type { Target } from './port-probe.js';

/** The two sides of a backend's address. */
export interface Place {
  readonly target: Target;
  /** What is registered: a port at the address that the registration comes from, or a URL. */
  readonly address: { readonly port: number } | { readonly url: string };
}

const DEFAULT_HOST = 'localhost';

/** The place that the flags name; undefined if they name none. */
export function givenPlace({ port, host = DEFAULT_HOST, path, backendUrl }: JoinFlags): Place | undefined {
  const url = backendUrl === undefined ? null : URL.parse(backendUrl);
  const isTls = url?.protocol === 'https:';
  const address = backendUrl === undefined ? undefined : { url: backendUrl };
  if (port !== undefined) return { target: { host, port, path, isTls }, address: address ?? { port } };
  if (address === undefined) return undefined;
  const target = { host: bare(url?.hostname ?? ''), port: Number(url?.port) || (isTls ? 443 : 80), path, isTls };
  return { target, address };
}

/**
 * The place of a port that was found. A process that listens on one address is registered with that address, because the
 * registration may come from another one of this machine. `onWarning` receives a sentence.
 */
export function placeOfPort(
  { port, address }: ListeningPort,
  { host, path }: JoinFlags,
  balancers: readonly URL[],
  onWarning: (message: string) => void,
): Place {
  const target = { host: host ?? address ?? DEFAULT_HOST, port, path, isTls: false };
  if (host !== undefined || address === undefined) return { target, address: { port } };
  if (isLoopback(address) && !balancers.every(({ hostname }) => isLoopback(bare(hostname)))) {
    onWarning(`port ${port} is open on ${address} only, where a balancer on another machine does not reach it`);
    return { target, address: { port } };
  }
  return { target, address: { url: `http://${isIPv6(address) ? `[${address}]` : address}:${port}` } };
}

/** A host of a URL without the brackets of an IPv6 address. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
