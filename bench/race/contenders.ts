// The contenders of the race. The others are compared with the first.
import { caddy } from '../contenders/caddy.js';
import type { Contender } from '../contenders/contender.js';
import { fairlead } from '../contenders/fairlead.js';
import { haproxy } from '../contenders/haproxy.js';
import { nginx, type NginxSetup } from '../contenders/nginx.js';

const LEARNING = { DEMAND_CLIENTS: 'none', DEMAND_SOURCE: 'learned' };

/** All contenders, in the order of the tables. */
export const CONTENDERS: readonly Contender[] = [
  fairlead('fairlead', 'Fairlead, demand declared', { DEMAND_CLIENTS: 'loopback' }),
  fairlead('fairlead-reports', 'Fairlead, nothing declared, cost reports', LEARNING),
  // Reports that name none of the configured resources are ignored, so Fairlead learns from latency alone.
  fairlead('fairlead-latency', 'Fairlead, nothing declared, latency alone', { ...LEARNING, RESOURCES: 'cpu,disk' }),
  nginx('nginx-least-conn', 'nginx, least_conn', sharingCounters('least_conn;')),
  nginx('nginx-random', 'nginx, random two least_conn', sharingCounters('random two least_conn;')),
  haproxy('haproxy-leastconn', 'HAProxy, leastconn', 'leastconn'),
  haproxy('haproxy-random', 'HAProxy, random(2)', 'random(2)'),
  caddy('caddy-least-conn', 'Caddy, least_conn', 'least_conn'),
];

/** A worker for each core. Without `zone` each worker would count connections on its own. */
function sharingCounters(directive: string): NginxSetup {
  return { workers: 'auto', upstream: ['zone fleet 1m;', directive], location: [] };
}
