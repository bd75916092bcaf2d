// Opens connections to backends in tests.
import type { ClientMaterial } from '@fairlead/tls';
import type { BalancerConfig } from '../config/balancer.config.js';
import { BackendConnector } from './backend-connector.js';
import { BackendCredentials } from './backend-credentials.js';

/** Without files. */
export const NO_MATERIAL: ClientMaterial = { authorities: undefined, certificate: undefined };

export function aBackendConnector(config: BalancerConfig, material = NO_MATERIAL): BackendConnector {
  return new BackendConnector(new BackendCredentials(material), config);
}
