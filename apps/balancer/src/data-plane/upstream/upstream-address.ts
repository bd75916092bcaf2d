// Where a backend's URL leads.

/** The parts of a backend's URL that a connection and a request need. */
export interface UpstreamTarget {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** In front of every request target; empty for most. */
  readonly pathPrefix: string;
  /** The `Host` of a request that has none. */
  readonly hostHeader: string;
}

/** Reads a URL that the registry has checked. */
export function targetOf(url: string): UpstreamTarget {
  const { hostname, port, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || '80'),
    pathPrefix: pathname === '/' ? '' : pathname,
    hostHeader: port === '' || port === '80' ? hostname : `${hostname}:${port}`,
  };
}
