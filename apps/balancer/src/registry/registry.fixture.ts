// A registry for tests, kept in memory, and backends in it.
import type { Environment } from '@fairlead/configuration';
import { LoadTable } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import type { Backend, BackendSpec } from './backend.js';
import { EventLog } from './event-log.js';
import type { Claimant } from './ownership.js';
import { RegistryService } from './registry.service.js';
import { emptyFleet } from './store/store.fixture.js';

/** A caller that may change every backend. */
export const OPERATOR: Claimant = {
  address: '127.0.0.1',
  secret: undefined,
  isOperator: true,
  isBoundTo: () => false,
  takesSecret: true,
};

/** With room for eight backends of one unit of each of two resources, unless the environment says otherwise. */
export function aRegistry(environment: Environment = {}) {
  const config = loadBalancerConfig({ REGISTRY_FILE: 'none', MAX_BACKENDS: '8', ...environment });
  const table = new LoadTable({ resourceCount: 2, slotCount: config.MAX_BACKENDS, writerCount: 1 });
  const events = new EventLog();
  const traffic = new CurrentTraffic(config);
  const registry = new RegistryService(table, events, emptyFleet(), traffic, config);

  const register = (id: string, more: Partial<BackendSpec> = {}): Backend => {
    const spec = {
      pool: DEFAULT_POOL,
      pingPath: undefined,
      leaseSeconds: undefined,
      labels: {},
      maxInFlight: undefined,
    };
    const complete = { ...spec, id, url: `http://${id}`, capacity: Float64Array.of(1, 1), ...more };
    return registry.register(complete, OPERATOR).backend;
  };

  /** Registers a backend that is up at once. */
  const join = (id: string, more: Partial<BackendSpec> = {}): Backend => {
    const backend = register(id, more);
    registry.observe(backend, { what: 'ping-ok', reason: 'ping: connected' });
    return backend;
  };

  return { config, traffic, table, events, registry, register, join };
}
