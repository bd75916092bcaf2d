// Who races: an entry each. The first is what the others are compared with.
import { caddy } from './caddy.js';
import type { Contender } from './contender.js';
import { fairlead } from './fairlead.js';
import { haproxy } from './haproxy.js';
import { nginx } from './nginx.js';

const LEARNING = { TRUSTED_CLIENTS: 'none', DEMAND_SOURCE: 'learned' };

/** All contenders, in the order of the tables. */
export const CONTENDERS: readonly Contender[] = [
  fairlead('fairlead', 'Fairlead, demand declared', { TRUSTED_CLIENTS: 'loopback' }),
  fairlead('fairlead-reports', 'Fairlead, nothing declared, cost reports', LEARNING),
  // To a fleet that counts resources of other names the backends' reports say nothing: only latency is left.
  fairlead('fairlead-latency', 'Fairlead, nothing declared, latency alone', { ...LEARNING, RESOURCES: 'cpu,disk' }),
  nginx('nginx-least-conn', 'nginx, least_conn', ['least_conn;']),
  nginx('nginx-random', 'nginx, random two least_conn', ['random two least_conn;']),
  haproxy('haproxy-leastconn', 'HAProxy, leastconn', 'leastconn'),
  haproxy('haproxy-random', 'HAProxy, random(2)', 'random(2)'),
  caddy('caddy-least-conn', 'Caddy, least_conn', 'least_conn'),
];
