// The upgrade lane: WebSockets and other protocols. After the switch the bytes pass both ways untouched.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { BoundedLog } from '../../metrics/bounded-log.js';
import { attemptLimitsOf } from '../exchange/attempt-limits.js';
import { ExchangeFactory } from '../exchange/exchange-factory.js';
import { OwnResponseHeaders } from '../headers/own-response-headers.js';
import { lastResponseText } from '../headers/own-response.js';
import { DeadlineClock } from '../io/deadline-clock.js';
import { LingeringClose } from '../io/lingering-close.js';
import type { ReleasedConnection } from '../io/released-connection.js';
import { ForwardedRequestHeaders } from '../relay/request-headers.js';
import { responseTo } from '../request/refusal.js';
import { RequestReader, isRefusal } from '../request/request-reader.js';
import { Stickiness } from '../stickiness/stickiness.js';
import { UpstreamConnector } from '../upstream/upstream-connector.js';
import { UpgradeClient } from './upgrade-client.js';
import { UpgradeExchange, type UpgradeContext } from './upgrade-exchange.js';

@Injectable()
export class UpgradeLane {
  private readonly logger = new Logger('DataPlane');
  private readonly open = new Set<Socket>();
  private readonly context: UpgradeContext;

  constructor(
    private readonly requests: RequestReader,
    factory: ExchangeFactory,
    clock: DeadlineClock,
    private readonly lingering: LingeringClose,
    connector: UpstreamConnector,
    stickiness: Stickiness,
    private readonly log: BoundedLog,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const limits = attemptLimitsOf(config, connector.timeouts.slowConnectMs);
    const tunnels = { idleMs: limitMs(config.TUNNEL_IDLE_SECONDS), maxMs: limitMs(config.TUNNEL_MAX_SECONDS) };
    const requestHeaders = new ForwardedRequestHeaders(config);
    const { ids } = requests;
    const ownHeaders = new OwnResponseHeaders(config.RESOURCES, config.HSTS_SECONDS);
    const shared = { factory, limits, clock, lingering, connector, stickiness };
    this.context = { ...shared, tunnels, ids, requestHeaders, ownHeaders };
  }

  /** Serves an upgrade on its connection. */
  handle(request: IncomingMessage, connection: ReleasedConnection): void {
    const { socket } = connection.client;
    // Node has removed its own listener; a reset must not end the process.
    socket.on('error', () => {});
    try {
      this.serve(request, connection);
    } catch (error) {
      this.log.defect(error);
      socket.destroy();
    }
  }

  /** Closes the upgraded connections, which would not end by themselves. */
  close(): void {
    if (this.open.size === 0) return;
    this.logger.log(`closed ${this.open.size} upgraded connections`);
    for (const socket of this.open) socket.destroy();
  }

  private serve(request: IncomingMessage, connection: ReleasedConnection): void {
    const { socket } = connection.client;
    const read = this.requests.read(request);
    if (isRefusal(read)) {
      this.requests.countRefusal(request.method ?? '', read);
      const response = responseTo(read, this.requests.idOf(request), request.headers.accept);
      this.lingering.endWith(connection.client, lastResponseText(response));
      return;
    }
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    new UpgradeExchange(this.context, read, new UpgradeClient(request, connection)).start();
  }
}

/** A limit in milliseconds; 0 seconds is none. */
function limitMs(seconds: number): number {
  return seconds === 0 ? Infinity : seconds * 1000;
}
