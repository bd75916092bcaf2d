// The contenders, configured as similarly as possible. All add X-Forwarded-For, keep connections to backends,
// and write no log of successful requests, unless an entry says otherwise.
import { caddy } from '../contenders/caddy.js';
import type { Contender } from '../contenders/contender.js';
import { fairlead } from '../contenders/fairlead.js';
import { haproxy } from '../contenders/haproxy.js';
import { nginx } from '../contenders/nginx.js';
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

/** All contenders, in the order of the tables. */
export const CONTENDERS: readonly Entry[] = [
  {
    ...nginx('nginx', 'nginx', {
      workers: 1,
      upstream: [],
      location: [
        'proxy_set_header Host $http_host;',
        'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
        // Otherwise nginx buffers what the client has not read yet in a file, and a 16 KiB body is close to that limit.
        'proxy_max_temp_file_size 0;',
        'client_body_buffer_size 64k;',
      ],
    }),
    speaksTls: true,
  },
  {
    ...haproxy('haproxy', 'HAProxy', 'roundrobin', { room: ROOM, defaults: ['option forwardfor'] }),
    speaksTls: true,
  },
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

/** Whether a contender runs in a case. */
export function takesPart({ cases, speaksTls = false }: Entry, { name, isSecure }: Case): boolean {
  return isSecure ? speaksTls : cases === undefined || cases.includes(name);
}

/** Whether its start-up and memory are measured: a variant for one case shares them with its base contender. */
export function hasFootprintOfItsOwn({ cases }: Entry): boolean {
  return cases === undefined;
}
