// Opens the connections to backends of all lanes of a thread.
import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { balancerConfig, type BalancerConfig } from '../../config/balancer.config.js';
import type { BackendEndpoint } from '../../net/backend-endpoint.js';
import { BackendConnector, type OpeningOptions } from '../../tls/backend-connector.js';
import { connectTimeoutsOf, limitOpening, type ConnectTimeouts } from './connect.js';

@Injectable()
export class UpstreamConnector {
  readonly timeouts: ConnectTimeouts;

  constructor(
    private readonly backends: BackendConnector,
    @Inject(balancerConfig.KEY) config: BalancerConfig,
  ) {
    this.timeouts = connectTimeoutsOf(config.CONNECT_TIMEOUT_SECONDS);
  }

  /** Opens a connection; `onSlow` is called if that takes long. Its event is that of `openEventOf`. */
  open(endpoint: BackendEndpoint, options: OpeningOptions, onSlow: () => void): Socket {
    const socket = this.backends.connect(endpoint, { ...options, noDelay: true });
    limitOpening(socket, this.timeouts, onSlow);
    return socket;
  }
}
