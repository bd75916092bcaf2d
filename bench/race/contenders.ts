// The contenders of the race. The others are compared with the first.
import { caddy } from '../contenders/caddy.js';
import { undeclared, type Contender } from '../contenders/contender.js';
import { fairlead } from '../contenders/fairlead.js';
import { haproxy } from '../contenders/haproxy.js';
import { nginx, type NginxSetup } from '../contenders/nginx.js';

const LEARNING = { DEMAND_CLIENTS: 'none', DEMAND_SOURCE: 'learned' };

// Reports that name none of the configured resources are ignored, so Fairlead learns from latency alone.
const LATENCY_ALONE = { ...LEARNING, RESOURCES: 'cpu,disk' };

const byTrust = fairlead('fairlead-latency', 'Fairlead, capacity declared and trusted, latency alone', {
  ...LATENCY_ALONE,
  DECLARED_CAPACITY: 'trusted',
});
const byPrior = fairlead('fairlead-prior', 'Fairlead, capacity declared as a prior, latency alone', LATENCY_ALONE);
const nginxLeastConn = nginx('nginx-least-conn', 'nginx, least_conn', sharingCounters('least_conn;'));
const haproxyLeastconn = haproxy('haproxy-leastconn', 'HAProxy, leastconn', 'leastconn');

/** All contenders, in the order of the tables. */
export const CONTENDERS: readonly Contender[] = [
  fairlead('fairlead', 'Fairlead, capacity and demand declared', { DEMAND_CLIENTS: 'loopback' }),
  fairlead('fairlead-reports', 'Fairlead, capacity declared, cost reports', LEARNING),
  byTrust,
  byPrior,
  undeclared(byPrior, 'fairlead-nothing', 'Fairlead, nothing declared'),
  nginxLeastConn,
  undeclared(nginxLeastConn, 'nginx-nothing', 'nginx, least_conn without weights'),
  nginx('nginx-random', 'nginx, random two least_conn', sharingCounters('random two least_conn;')),
  haproxyLeastconn,
  undeclared(haproxyLeastconn, 'haproxy-nothing', 'HAProxy, leastconn without weights'),
  haproxy('haproxy-random', 'HAProxy, random(2)', 'random(2)'),
  caddy('caddy-least-conn', 'Caddy, least_conn', 'least_conn'),
];

/** A worker for each core. Without `zone` each worker would count connections on its own. */
function sharingCounters(directive: string): NginxSetup {
  return { workers: 'auto', upstream: ['zone fleet 1m;', directive], location: [] };
}
