// Where a backend's URL leads.

/** The parts of a backend's URL that a connection and a request need. */
export interface UpstreamTarget {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
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
  const { hostname, port, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || '80'),
    pathPrefix: pathname.replace(/\/$/, ''),
    hostHeader: port === '' || port === '80' ? hostname : `${hostname}:${port}`,
  };
}
