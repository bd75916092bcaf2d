// A connector for tests of connections to backends.
import { loadBalancerConfig } from '../../config/balancer.config.js';
import { aBackendConnector, NO_MATERIAL } from '../../tls/backend-connector.fixture.js';
import { UpstreamConnector } from './upstream-connector.js';

/** A connector with this `CONNECT_TIMEOUT_SECONDS`. */
export function aConnector(connectTimeoutSeconds: number, material = NO_MATERIAL): UpstreamConnector {
  const config = loadBalancerConfig({ CONNECT_TIMEOUT_SECONDS: String(connectTimeoutSeconds) });
  return new UpstreamConnector(aBackendConnector(config, material), config);
}
