// What the registry needs to know of backends that the configuration file names, and of those that DNS does. Pure.
import type { ResourceSpace } from '@fairlead/scheduling';
import type { DiscoveryConfig, PoolConfig, StaticBackendConfig } from '@fairlead/traffic-config';
import { hostForUrl } from '../net/address.js';
import { defaultPortOf } from '../net/backend-endpoint.js';
import type { BackendSpec } from '../registry/backend.js';
import { capacityOf } from '../registry/registration-normalizer.js';
import { idAt, staticIdOf } from '../traffic-config/backend-id.js';

/** Where a lookup found a backend. */
export interface FoundAddress {
  readonly address: string;
  /** Undefined: that of the scheme. */
  readonly port: number | undefined;
}

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
    capacity: capacityOf(backend.resources, resources),
    pingPath: backend.pingPath,
    labels: backend.labels,
    maxInFlight: backend.maxInFlight,
    source: 'static',
  };
}

/** The backends that a lookup found for a pool, sorted by address. Their ids are `name/address:port`. */
export function discoveredSpecs(
  pool: string,
  discovery: DiscoveryConfig,
  found: readonly FoundAddress[],
  resources: ResourceSpace,
): BackendSpec[] {
  const { name, scheme } = discovery;
  const capacity = capacityOf(discovery.resources, resources);
  const specs = found.map(({ address, port = defaultPortOf(scheme === 'https') }): BackendSpec => {
    const host = `${hostForUrl(address)}:${port}`;
    const rest = { pingPath: undefined, labels: {}, maxInFlight: undefined, source: 'dns' as const };
    return { ...UNOWNED, ...rest, id: idAt(`${name}/${host}`, pool), url: `${scheme}://${host}`, pool, capacity };
  });
  const byId = new Map(specs.map((spec) => [spec.id, spec]));
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
