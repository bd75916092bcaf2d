// Every table of the balancer, the dashboard and the libraries that lives longer than a call, with what bounds it: a
// stranger must not be able to make any of them grow for ever.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = '{apps/balancer,apps/dashboard,libs/*}/src/**/*.ts';

/** Fields of classes, and constants of modules that are empty at first. */
const FIELD =
  /^ {2}(?:(?:private|protected|readonly|static) )+(\w+)(?:: ((?!readonly |Readonly)[^=]+?))?(?: = (.*))?;?$/;
const CONSTANT = /^(?:export )?(?:const|let) (\w+)(?:: (?!readonly )[^=]+)? = (new \w+(?:<.*>)?\(\)|\[\]);$/;
const NEW_TABLE = /\bnew (?:Map|Set|LRUCache|IndexedSet)\b|^\[/;
/** Of a field that the constructor fills. */
const TABLE_TYPE = /\b(?:Map|Set|LRUCache|IndexedSet)<|\[\]$/;

/** Where each table is, by file and name, and what bounds it. */
const BOUNDS: Readonly<Record<string, string>> = {
  'apps/balancer/src/access/rate-limiter.ts fullAt': 'its maximum number of keys',
  'apps/balancer/src/api-description/decorators.ts recorded':
    'the decorators in the code; emptied when the API is described',
  'apps/balancer/src/cluster/fleet-merge.ts departed': 'MAX_DEPARTED, for DEPARTED_MS',
  'apps/balancer/src/cluster/store-leases.ts renewals': 'MAX_BACKENDS',
  'apps/balancer/src/cluster/store-leases.ts timers': 'two',
  'apps/balancer/src/cluster/store-link.ts reasons': 'the sentences of redis-errors.ts',
  'apps/balancer/src/control-plane/refusals.ts counted': 'MAX_KINDS',
  'apps/balancer/src/data-plane/exchange/active-exchanges.ts bySlot': 'exchanges in flight, which connections limit',
  'apps/balancer/src/data-plane/exchange/admission-queue.ts waiting': 'MAX_QUEUED_REQUESTS',
  'apps/balancer/src/data-plane/exchange/exchange-factory.ts pools':
    'the pools of the configuration, and those with waiting requests',
  'apps/balancer/src/data-plane/exchange/exchange.ts triedSlots': 'MAX_ATTEMPTS',
  'apps/balancer/src/data-plane/fast-lane/exchange-pool.ts free': 'MAX_FREE',
  'apps/balancer/src/data-plane/fast-lane/lane.ts connections': 'MAX_CLIENT_CONNECTIONS',
  'apps/balancer/src/data-plane/fast-lane/request-body-buffer.ts kept': 'RETRY_BUFFER_BYTES',
  'apps/balancer/src/data-plane/full-lane/client-connections.ts open': 'MAX_CLIENT_CONNECTIONS',
  'apps/balancer/src/data-plane/full-lane/replayable-body.ts kept': 'RETRY_BUFFER_BYTES',
  'apps/balancer/src/data-plane/full-lane/replayable-body.ts waiting': 'READ_AHEAD_BYTES, RETRY_BUFFER_BYTES',
  'apps/balancer/src/data-plane/handshake/pending-handshakes.ts deadlines': 'TLS_MAX_HANDSHAKES',
  'apps/balancer/src/data-plane/io/deadline-clock.ts deadlines': 'exchanges and connections, which are limited',
  'apps/balancer/src/data-plane/io/indexed-set.ts members': 'those who use it: see the others',
  'apps/balancer/src/data-plane/io/lingering-close.ts open': 'MAX_LINGERING',
  'apps/balancer/src/data-plane/limits/client-table.ts keys': 'MAX_REMEMBERED',
  'apps/balancer/src/data-plane/relay/response-stream.ts pieces': 'what one turn of the event loop reads',
  'apps/balancer/src/data-plane/relay/write-buffer-pool.ts free': 'MAX_KEPT',
  'apps/balancer/src/data-plane/request/client-identity.ts known': 'MAX_REMEMBERED',
  'apps/balancer/src/data-plane/request/proxy-protocol.ts waiting': 'MAX_CLIENT_CONNECTIONS',
  'apps/balancer/src/data-plane/routing/path-tree.ts children': 'the routes of the configuration',
  'apps/balancer/src/data-plane/routing/path-tree.ts exact': 'the routes of the configuration',
  'apps/balancer/src/data-plane/routing/path-tree.ts prefix': 'the routes of the configuration',
  'apps/balancer/src/data-plane/routing/path-tree.ts rest': 'the routes of the configuration',
  'apps/balancer/src/data-plane/routing/route-table.ts byHost': 'the routes of the configuration',
  'apps/balancer/src/data-plane/routing/route-table.ts byParent': 'the routes of the configuration',
  'apps/balancer/src/data-plane/stickiness/cookie-tokens.ts known': 'MAX_REMEMBERED',
  'apps/balancer/src/data-plane/stickiness/stickiness.ts slots': 'the pools of the configuration',
  'apps/balancer/src/data-plane/upgrade/upgrade-lane.ts open': 'MAX_CLIENT_CONNECTIONS',
  'apps/balancer/src/data-plane/upstream/idle-pool.ts addresses': 'open connections to backends: swept without any',
  'apps/balancer/src/data-plane/upstream/idle-pool.ts bySlot': 'MAX_BACKENDS',
  'apps/balancer/src/data-plane/upstream/idle-timeout-estimator.ts estimates': 'MAX_ESTIMATES',
  'apps/balancer/src/discovery/dns-discovery.ts leftOut': 'the pools of the configuration',
  'apps/balancer/src/discovery/dns-discovery.ts schedules': 'the pools of the configuration',
  'apps/balancer/src/health-checks/pool-timers.ts intervals':
    'the pools of the configuration, and of backends: MAX_BACKENDS',
  'apps/balancer/src/health-checks/pool-timers.ts running':
    'the pools of the configuration, and of backends: MAX_BACKENDS',
  'apps/balancer/src/health-checks/recheck-scheduler.ts checking': 'MAX_BACKENDS',
  'apps/balancer/src/health-checks/recheck-scheduler.ts waiting': 'MAX_BACKENDS',
  'apps/balancer/src/metrics/bounded-log.ts suppressed': 'MAX_KINDS',
  'apps/balancer/src/metrics/last-minute.ts samples': 'SAMPLES',
  'apps/balancer/src/metrics/load-history.ts backends': 'MAX_BACKENDS',
  'apps/balancer/src/metrics/load-history.ts timers': 'nothing is added: there are two',
  'apps/balancer/src/net/backend-access.ts ports': 'the ports that the process listens on',
  'apps/balancer/src/placement/declared-demands.ts routes': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/demand-learning.ts classes': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/drf.scheduler.ts pools': 'the pools of the configuration, and of backends: MAX_BACKENDS',
  'apps/balancer/src/placement/latent/declared-classes.ts demands': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/declared-classes.ts classes':
    'DEMAND_CLASSES, and the steps of the demands of each',
  'apps/balancer/src/placement/latent/latent-learning.ts demands': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/latent-learning.ts estimates': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/thread-records.ts names': 'the records of a log, and messages that wait',
  'apps/balancer/src/placement/latent/reported-costs.ts costs': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/reported-costs.ts pending': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/latent-model.ts costs': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/latent-model.ts declared': 'MAX_BACKENDS',
  'apps/balancer/src/placement/latent/latent-model.ts free': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/latent-model.ts names': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/latent-model.ts numbers': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/latent-model.ts reported': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/thread-records.ts classes': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/thread-records.ts classNames': 'DEMAND_CLASSES',
  'apps/balancer/src/placement/latent/thread-records.ts flights': 'requests in flight',
  'apps/balancer/src/placement/sharing/knowledge-sharing.ts timers': 'three',
  'apps/balancer/src/placement/trusted-learning.ts estimates': 'DEMAND_CLASSES',
  'apps/balancer/src/registry/configured-backends.ts groups': 'the pools of the configuration',
  'apps/balancer/src/registry/configured-backends.ts missing':
    'the backends of the configuration, and MAX_BACKENDS for each lookup',
  'apps/balancer/src/registry/event-log.ts events': 'MAX_EVENTS',
  'apps/balancer/src/registry/event-log.ts kinds': 'EVENT_KINDS',
  'apps/balancer/src/registry/event-log.ts refusals': 'MAX_REFUSALS',
  'apps/balancer/src/registry/event-log.ts transitions': 'BACKEND_STATES',
  'apps/balancer/src/registry/members/backend-index.ts byId': 'MAX_BACKENDS',
  'apps/balancer/src/registry/members/backend-index.ts bySlot': 'MAX_BACKENDS',
  'apps/balancer/src/registry/members/replicas.ts waiting': 'the records of the store',
  'apps/balancer/src/registry/members/slot-allocator.ts free': 'MAX_BACKENDS',
  'apps/balancer/src/registry/members/slot-allocator.ts released': 'MAX_BACKENDS',
  'apps/balancer/src/registry/registry-listener.ts listeners': 'the services of the process',
  'apps/balancer/src/registry/snapshot/snapshot-acknowledgement.ts readers': 'DATA_PLANE_THREADS',
  'apps/balancer/src/registry/snapshot/snapshot-acknowledgement.ts waiting':
    'MAX_WAIT_MS, in open requests of the control plane',
  'apps/balancer/src/registry/snapshot/snapshot-builder.ts panicking': 'the pools of backends: MAX_BACKENDS',
  'apps/balancer/src/registry/store/known-records.ts incarnations': 'MAX_BACKENDS, and the records of the store',
  'apps/balancer/src/registry/store/known-records.ts stored': 'the records of the store',
  'apps/balancer/src/registry/store/known-records.ts storedMeanwhile': 'the changes while everything is read',
  'apps/balancer/src/registry/store/lease-table.ts leases': 'MAX_BACKENDS, and the rows of the file',
  'apps/balancer/src/registry/store/memory-store.ts records': 'MAX_BACKENDS',
  'apps/balancer/src/registry/store/memory-store.ts shares': 'the balancers that use the store: one',
  'apps/balancer/src/registry/store/pending-changes.ts pending': 'MAX_BACKENDS, and the records of the store',
  'apps/balancer/src/registry/store/redis/redis-connection.ts scripts': 'the scripts of this program',
  'apps/balancer/src/registry/store/redis/redis-store.ts followers': 'the subscriptions of the process: one',
  'apps/balancer/src/registry/store/redis/redis-store.ts warned': 'the records of the store',
  'apps/balancer/src/threads/fleet-replica.ts leftOut': 'MAX_BACKENDS',
  'apps/balancer/src/threads/fleet-replica.ts listeners': 'the services of the thread',
  'apps/balancer/src/threads/priority-port.ts deferred': 'what the main thread sends during one callback',
  'apps/balancer/src/threads/worker-channel.ts EMPTY_TRANSFER_LIST': 'nothing is added',
  'apps/balancer/src/threads/worker-channel.ts queries': 'QUERY_TIMEOUT_MS, in open requests of the control plane',
  'apps/balancer/src/threads/worker-preload.ts preloaded': 'DATA_PLANE_THREADS',
  'apps/balancer/src/threads/worker-supervisor.ts members': 'DATA_PLANE_THREADS',
  'apps/balancer/src/tls/backend-connector.ts sessions': 'MAX_BACKENDS',
  'apps/balancer/src/traffic-config/current-traffic.ts listeners': 'the services of the thread',
  'apps/balancer/src/traffic-config/current-traffic.ts removed': 'MAX_REMOVED',
  'apps/balancer/src/traffic-config/reload-status.ts counted': 'RELOAD_RESULTS',
  'apps/dashboard/src/live/rate-history.ts points': 'HISTORY_MS',
  'libs/http-server/src/tls-only-server.ts open': 'CONTROL_PLANE_MAX_CONNECTIONS, DASHBOARD_MAX_CONNECTIONS',
  'libs/http1/src/field-names.ts names': 'the names that the program interprets',
  'libs/http1/src/field-names.ts spelling': 'the names that the program interprets',
  'libs/http1/src/name-patterns.ts starts': 'the names that the program interprets',
  'libs/scheduling/src/demand/cost-reports/cost-entries.ts cost': 'one response head: MAX_HEADER_BYTES',
  'libs/scheduling/src/demand/cost-reports/cost-entries.ts gauges': 'two fields',
  'libs/scheduling/src/demand/cost-reports/cost-entries.ts utilization': 'one response head: MAX_HEADER_BYTES',
  'libs/scheduling/src/demand/cost-reports/cost-witnesses.ts witnesses': 'MAX_WITNESSES',
  'libs/scheduling/src/demand/demand-learner.ts learnedAt': 'DEMAND_CLASSES',
  'libs/scheduling/src/demand/demand-learner.ts reports': 'DEMAND_CLASSES',
  'libs/scheduling/src/demand/latency-baseline.ts classes': 'DEMAND_CLASSES',
  'libs/scheduling/src/demand/latency-inference.ts fits': 'DEMAND_CLASSES',
  'libs/scheduling/src/demand/request-classifier.ts names': 'DEMAND_CLASSES',
  'libs/scheduling/src/demand/request-classifier.ts numbers': 'DEMAND_CLASSES',
  'libs/scheduling/src/demand/request-classifier.ts remembered': 'MAX_REMEMBERED_TARGETS',
  'libs/scheduling/src/demand/route-template.ts valuesAfter': 'MAX_PREFIXES',
  'libs/scheduling/src/demand/service-meter.ts stations': 'MAX_BACKENDS',
  'libs/scheduling/src/demand/space-saving-summary.ts counters': 'MAX_COUNTERS',
  'libs/scheduling/src/health/client-spread.ts bySlot': 'MAX_BACKENDS, and a few clients of each',
  'libs/scheduling/src/health/client-spread.ts clients': 'MAX_BACKENDS',
  'libs/scheduling/src/latent/changes-during-fit.ts declaredSlots': 'MAX_BACKENDS',
  'libs/scheduling/src/latent/changes-during-fit.ts forgottenClasses': 'DEMAND_CLASSES',
  'libs/scheduling/src/latent/changes-during-fit.ts forgottenSlots': 'MAX_BACKENDS',
  'libs/scheduling/src/latent/latent-learner.ts fitsOf': 'the ranks',
  'libs/scheduling/src/latent/latent-learner.ts models': 'the ranks',
  'libs/scheduling/src/latent/neighbour-meter.ts spare': 'MAX_IN_FLIGHT',
  'libs/scheduling/src/latent/neighbour-meter.ts stations': 'MAX_BACKENDS',
  'libs/scheduling/src/latent/priors.ts capacities': 'MAX_BACKENDS',
  'libs/scheduling/src/latent/utilization-witness.ts machines': 'MAX_BACKENDS',
  'libs/scheduling/src/latent/sampling.ts inFlight': 'MAX_IN_FLIGHT',
  'libs/tls/src/certificate-names.ts byName': 'the names in the configured certificates',
  'libs/traffic-config/src/document/problems.ts found': 'the size of a configuration file',
  'libs/traffic-config/src/document/source-document.ts anchors': 'the size of a configuration file',
  'libs/traffic-config/src/document/source-document.ts secrets': 'the size of a configuration file',
};

function tablesIn(path: string): string[] {
  const lines = readFileSync(ROOT + path, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, name = '', type = '', value = ''] = FIELD.exec(line) ?? [];
    // Without a value it may belong to an interface, unless it is private.
    const isTable = NEW_TABLE.test(value) || (value === '' && /^ +private /.test(line) && TABLE_TYPE.test(type));
    if (isTable) return `${path} ${name}`;
    const constant = CONSTANT.exec(line);
    return constant && NEW_TABLE.test(constant[2]) ? `${path} ${constant[1]}` : [];
  });
}

const found = globSync(SOURCES, { cwd: ROOT, exclude: (name) => /\.(spec|fixture)\.ts$/.test(name) })
  .toSorted()
  .flatMap(tablesIn);

it('every table has a bound', () => {
  const unlisted = found.filter((table) => !Object.hasOwn(BOUNDS, table));
  expect(unlisted, 'add these to BOUNDS, each with what bounds it; if nothing does, bound it').toEqual([]);
});

it('every bound is that of a table', () => {
  expect(Object.keys(BOUNDS).filter((table) => !found.includes(table))).toEqual([]);
});
