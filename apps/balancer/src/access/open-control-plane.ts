// Prevents a control plane that is open to other machines by accident.
import { ConfigurationError } from '@fairlead/configuration';
import type { BalancerConfig } from '../config/balancer.config.js';
import { requiresToken } from '../config/token-variables.js';
import { isLoopback } from '../net/address.js';

/** Where the control plane listens: the address itself, and what configured it. */
export interface ControlPlaneAddress {
  readonly address: string;
  /** For error messages, such as `CONTROL_PLANE_HOST`. */
  readonly source: string;
}

/**
 * Returns a warning if the control plane is open to other machines because ALLOW_OPEN_CONTROL_PLANE allows it; otherwise
 * undefined.
 *
 * @throws {ConfigurationError} when other machines could change the fleet without a token.
 */
export function checkOpenness({ address, source }: ControlPlaneAddress, config: BalancerConfig): string | undefined {
  if (requiresToken(config) || isLoopback(address)) return undefined;
  if (config.ALLOW_OPEN_CONTROL_PLANE) {
    return `THE CONTROL PLANE IS OPEN: everyone who reaches ${address} can add and remove backends (ALLOW_OPEN_CONTROL_PLANE)`;
  }
  throw new ConfigurationError([
    `${source} lets other machines change the fleet (${address}): set CONTROL_PLANE_TOKEN to a secret of at least 16 ` +
      'characters, or listen on 127.0.0.1, or set ALLOW_OPEN_CONTROL_PLANE=true to accept this',
  ]);
}
