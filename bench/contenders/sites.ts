// A thousand routes over fifty hosts, as the contenders are configured with them.

/** A host, and the prefixes of the paths that are routed there. */
export interface Site {
  readonly host: string;
  readonly prefixes: readonly string[];
}

const SITES = 50;
const ROUTES = 1000;
/** The largest route leads to the files of 1 KiB. */
const LAST_ROUTE = 1024;

const hostOf = (route: number) => `www.site-${route % SITES}.example.com`;
const prefixOf = (route: number) => `/files/${route}`;

/** All routes, by host. */
export const SITES_OF_ROUTES: readonly Site[] = Array.from({ length: SITES }, (_, site) => {
  const routes = Array.from({ length: ROUTES }, (_each, i) => LAST_ROUTE - i).filter((route) => route % SITES === site);
  return { host: hostOf(site), prefixes: routes.map(prefixOf) };
});

/** The host of the route to the files of 1 KiB. */
export const MEASURED_HOST = hostOf(LAST_ROUTE);
