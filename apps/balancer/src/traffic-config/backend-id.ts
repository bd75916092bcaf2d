// The ids of backends that have none of their own.
import { DEFAULT_POOL, type StaticBackendConfig } from '@fairlead/traffic-config';

/** The id of a backend that gives none: its address, which may be in several pools. */
export function idAt(url: string, pool: string): string {
  return pool === DEFAULT_POOL ? url : `${url}@${pool}`;
}

/** The id of a backend that the configuration file names in a pool. Without one there, it has the url as id. */
export function staticIdOf({ id, url }: StaticBackendConfig, pool: string): string {
  return id === url ? idAt(url, pool) : id;
}
