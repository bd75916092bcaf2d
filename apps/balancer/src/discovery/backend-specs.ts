// What the registry needs to know of backends that the configuration file names. Pure.
import type { ResourceSpace } from '@fairlead/scheduling';
import type { PoolConfig, StaticBackendConfig } from '@fairlead/traffic-config';
import type { BackendSpec } from '../registry/backend.js';
import { staticIdOf } from '../traffic-config/backend-id.js';

/** What they do not have: a lease, and an owner. */
const UNOWNED = { leaseSeconds: undefined, registeredFrom: undefined, secretHash: undefined };

/** The backends that the file names in a pool. */
export function staticSpecs({ name: pool, backends }: PoolConfig, resources: ResourceSpace): BackendSpec[] {
  return backends.map((backend) => staticSpec(backend, pool, resources));
}

function staticSpec(backend: StaticBackendConfig, pool: string, resources: ResourceSpace): BackendSpec {
  return {
    ...UNOWNED,
    id: staticIdOf(backend, pool),
    url: backend.url,
    pool,
    capacity: resources.vectorOf(backend.resources),
    pingPath: backend.pingPath,
    labels: backend.labels,
    maxInFlight: backend.maxInFlight,
    source: 'static',
  };
}
