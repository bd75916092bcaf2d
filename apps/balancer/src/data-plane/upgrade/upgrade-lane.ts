// The upgrade lane: WebSockets and other protocols. After the switch the bytes pass both ways untouched.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { attemptLimitsOf } from '../exchange/attempt-loop.js';
import { ExchangeFactory } from '../exchange/exchange-factory.js';
import { endWithError } from '../headers/error-response.js';
import { DeadlineClock } from '../io/deadline-clock.js';
import { ForwardedRequestHeaders } from '../relay/request-headers.js';
import { RequestReader, isRefusal } from '../request/request-reader.js';
import { connectTimeoutsOf } from '../upstream/connect.js';
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
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const timeouts = connectTimeoutsOf(config.CONNECT_TIMEOUT_SECONDS);
    const limits = attemptLimitsOf(config, timeouts.slowConnectMs);
    this.context = { factory, limits, clock, timeouts, requestHeaders: new ForwardedRequestHeaders(config.RESOURCES) };
  }

  /** Serves an upgrade. `head`: the bytes that arrived after the request's head. */
  handle(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Node has removed its own listener; a reset must not end the process.
    socket.on('error', () => {});
    try {
      this.serve(request, socket, head);
    } catch (error) {
      this.logger.error(error);
      socket.destroy();
    }
  }

  /** Closes the upgraded connections, which would not end by themselves. */
  close(): void {
    if (this.open.size === 0) return;
    this.logger.log(`closed ${this.open.size} upgraded connections`);
    for (const socket of this.open) socket.destroy();
  }

  private serve(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const read = this.requests.read(request);
    if (isRefusal(read)) {
      endWithError(socket, read.statusCode, read.message);
      return;
    }
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    new UpgradeExchange(this.context, read, { request, socket, head }).start();
  }
}
