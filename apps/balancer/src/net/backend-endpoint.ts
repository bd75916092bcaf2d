// Where the URL of a backend leads: what a connection to it needs.
import { bareHost } from './address.js';

/** One end of a connection to a backend. */
export interface BackendEndpoint {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Whether the connection has TLS. */
  readonly isSecure: boolean;
}

/** The port of URLs that name none. */
export function defaultPortOf(isSecure: boolean): number {
  return isSecure ? 443 : 80;
}

/** The endpoint of an `http:` or `https:` URL. */
export function endpointOf({ protocol, hostname, port }: URL): BackendEndpoint {
  const isSecure = protocol === 'https:';
  return { host: bareHost(hostname), port: port === '' ? defaultPortOf(isSecure) : Number(port), isSecure };
}
