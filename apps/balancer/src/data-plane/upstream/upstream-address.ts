// Where a backend's URL leads.
import { defaultPortOf, endpointOf, type BackendEndpoint } from '../../net/backend-endpoint.js';

/** The parts of a backend's URL that a connection and a request need. */
export interface UpstreamTarget extends BackendEndpoint {
  /** In front of the path of every request, without a slash at its end; empty for most. */
  readonly pathPrefix: string;
  /** The `Host` of a request that has none. */
  readonly hostHeader: string;
}

/** The target of a request to a backend: `*` has no path (RFC 9112 §3.2.4). */
export function forwardedTarget(pathPrefix: string, target: string): string {
  return target === '*' ? target : pathPrefix + target;
}

/** Reads a URL that the registry has checked. */
export function targetOf(url: string): UpstreamTarget {
  const parsed = new URL(url);
  const { hostname, pathname } = parsed;
  const { host, port, isSecure } = endpointOf(parsed);
  return {
    host,
    port,
    isSecure,
    pathPrefix: pathname.replace(/\/$/, ''),
    hostHeader: port === defaultPortOf(isSecure) ? hostname : `${hostname}:${port}`,
  };
}
