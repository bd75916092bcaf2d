// The contenders, configured as similarly as possible. All add X-Forwarded-For, keep connections to backends,
// and write no log of successful requests, unless an entry says otherwise.
import { caddy } from '../contenders/caddy.js';
import type { Contender } from '../contenders/contender.js';
import { fairlead } from '../contenders/fairlead.js';
import { haproxy } from '../contenders/haproxy.js';
import { nginx } from '../contenders/nginx.js';
import { SITES_OF_ROUTES } from '../contenders/sites.js';
import { USUAL_CASE, type Case } from './cases.js';
import { naive } from './naive/naive.js';

/** A contender, and how this benchmark treats it. */
export interface Entry extends Contender {
  /** Whether it shares both cores with load and backends; otherwise it has one core to itself. */
  readonly isOnBothCores?: boolean;
  /** The cases it runs in; all when absent. */
  readonly cases?: readonly string[];
  /** Whether it takes part in the TLS cases. */
  readonly speaksTls?: boolean;
  /** Variables that the build must support. */
  readonly needs?: readonly string[];
  /** Whether its metrics are scraped once a second while it is measured. */
  readonly isScraped?: boolean;
}

/** The contender that the tables compare with. */
export const REFERENCE = 'nginx';

/** Client connections: enough for 10,000 idle clients and a few more. */
const ROOM = 10_100;

const NEW = ['FAST_LANE', 'DATA_PLANE_THREADS'];

const NGINX = {
  workers: 1,
  upstream: [],
  location: [
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    // Otherwise nginx buffers what the client has not read yet in a file, and a 16 KiB body is close to that limit.
    'proxy_max_temp_file_size 0;',
    'client_body_buffer_size 64k;',
  ],
} as const;

const HAPROXY = { room: ROOM, defaults: ['option forwardfor'] };

const ONE_THREAD = { FAST_LANE: 'on', DATA_PLANE_THREADS: '0' };

/** More than the load of a case, so that nothing is refused. */
const LIMITS = JSON.stringify({
  perClient: {
    connections: 100_000,
    requestsInFlight: 100_000,
    connectionsPerSecond: 900_000,
    requestsPerSecond: 900_000,
  },
  maxBodyBytes: 1_000_000_000,
});

/** Configuration files of Fairlead. */
const ONE_ROUTE = 'routes:\n  - pool: default\n';
const THOUSAND_ROUTES = `routes:\n${SITES_OF_ROUTES.flatMap(({ host, prefixes }) =>
  prefixes.map((prefix) => `  - match: {host: ${host}, path: {prefix: ${prefix}}}\n    pool: default\n`),
).join('')}  - pool: default\n`;
const REWRITING_ROUTE = `routes:
  - match: {path: {prefix: /files}}
    pool: default
    rewrite: {replacePrefix: /files}
    requestHeaders: {set: {X-Tenant: benchmark, X-Api-Version: '2'}, remove: [Cache-Control]}
  - pool: default
`;

/** All contenders, in the order of the tables. */
export const CONTENDERS: readonly Entry[] = [
  { ...nginx('nginx', 'nginx', NGINX), speaksTls: true },
  { ...haproxy('haproxy', 'HAProxy', 'roundrobin', HAPROXY), speaksTls: true },
  { ...caddy('caddy', 'Caddy', 'round_robin'), speaksTls: true },
  naive('bare-hpm', 'http-proxy-middleware', 'http-proxy-middleware', 'bare.ts'),
  naive('nest-hpm', 'Nest + http-proxy-middleware', '@nestjs/core', 'nest.ts'),
  {
    ...fairlead('fairlead-full', 'Fairlead, full lane', { FAST_LANE: 'off', DATA_PLANE_THREADS: '0' }),
    speaksTls: true,
  },
  {
    ...fairlead('fairlead-fast', 'Fairlead, fast lane', { FAST_LANE: 'on', DATA_PLANE_THREADS: '0' }),
    needs: NEW,
    speaksTls: true,
  },
  {
    ...fairlead('fairlead-fast-1', 'Fairlead, fast lane, 1 thread', { FAST_LANE: 'on', DATA_PLANE_THREADS: '1' }),
    needs: NEW,
  },
  {
    ...fairlead('fairlead-fast-2', 'Fairlead, fast lane, 2 threads', { FAST_LANE: 'on', DATA_PLANE_THREADS: '2' }),
    needs: NEW,
    isOnBothCores: true,
  },
  {
    ...nginx('nginx-routes', 'nginx, 1,000 routes', { ...NGINX, sites: SITES_OF_ROUTES }),
    cases: ['routes'],
  },
  {
    ...haproxy('haproxy-routes', 'HAProxy, 1,000 routes', 'roundrobin', { ...HAPROXY, sites: SITES_OF_ROUTES }),
    cases: ['routes'],
  },
  { ...caddy('caddy-routes', 'Caddy, 1,000 routes', 'round_robin', SITES_OF_ROUTES), cases: ['routes'] },
  {
    ...fairlead('fairlead-route', 'Fairlead, fast lane, 1 route', ONE_THREAD, ONE_ROUTE),
    cases: ['routes', 'rewrite'],
  },
  {
    ...fairlead('fairlead-routes', 'Fairlead, fast lane, 1,000 routes', ONE_THREAD, THOUSAND_ROUTES),
    cases: ['routes'],
  },
  {
    ...fairlead('fairlead-rewrite', 'Fairlead, fast lane, rewriting', ONE_THREAD, REWRITING_ROUTE),
    cases: ['rewrite'],
  },
  {
    ...fairlead('fairlead-limits', 'Fairlead, fast lane, all limits on', { ...ONE_THREAD, TRAFFIC_LIMITS: LIMITS }),
    cases: [USUAL_CASE],
  },
  ...withSharedRegistry(process.env.BENCH_REGISTRY_URL),
  {
    ...fairlead('features-off', 'Fairlead, all features off', {
      FAST_LANE: 'on',
      DATA_PLANE_THREADS: '0',
      ACCESS_LOG: 'off',
      DEMAND_SOURCE: 'unit',
    }),
    cases: [USUAL_CASE],
  },
  {
    ...fairlead('features-on', 'Fairlead, all features on', {
      FAST_LANE: 'on',
      DATA_PLANE_THREADS: '0',
      ACCESS_LOG: 'all',
      ACCESS_LOG_SAMPLE: '0.001',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      DEMAND_SOURCE: 'learned',
    }),
    cases: [USUAL_CASE],
    isScraped: true,
  },
];

/** Fairlead with its registry in the Redis server of BENCH_REGISTRY_URL; left out without that. */
function withSharedRegistry(url: string | undefined): readonly Entry[] {
  if (url === undefined) return [];
  const variables = { ...ONE_THREAD, REGISTRY_URL: url, REGISTRY_PREFIX: 'fairlead-bench', BALANCER_ID: 'bench' };
  return [{ ...fairlead('fairlead-redis', 'Fairlead, fast lane, registry in Redis', variables), cases: [USUAL_CASE] }];
}

/** Whether a contender runs in a case. */
export function takesPart({ cases, speaksTls = false }: Entry, { name, isSecure, isForFew }: Case): boolean {
  if (isForFew) return cases?.includes(name) === true;
  return isSecure ? speaksTls : cases === undefined || cases.includes(name);
}

/** Whether its start-up and memory are measured: a variant for one case shares them with its base contender. */
export function hasFootprintOfItsOwn({ cases }: Entry): boolean {
  return cases === undefined;
}
