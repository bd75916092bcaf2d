// Which Redis server keeps the registry, and what is checked of it.
import { readClientMaterial } from '@fairlead/tls';
import type { RegistryUrl } from '../../../config/registry-url.js';
import type { SharedRegistryConfig } from '../../../config/registry-variables.js';

export interface RedisTarget {
  readonly url: RegistryUrl;
  /** How the log names it. */
  readonly name: string;
  /** The authorities that may sign its certificate, in PEM; undefined: those that Node knows. Read for each connection. */
  readonly authorities: () => string | undefined;
}

export function redisTargetOf(url: RegistryUrl, { REGISTRY_CA_FILE: file }: SharedRegistryConfig): RedisTarget {
  const authorities = () => (file === undefined ? undefined : readClientMaterial({ authorities: file }).authorities);
  return { url, name: `the registry at ${url.shown}`, authorities };
}
