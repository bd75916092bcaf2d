// The fast lane: HTTP/1.1 framed by libs/http1 straight on sockets. It serves the common, canonical requests, and hands
// every other to the full lane.
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { BoundedLog } from '../../metrics/bounded-log.js';
import { ExchangeFactory } from '../exchange/exchange-factory.js';
import { DeadlineClock } from '../io/deadline-clock.js';
import { IndexedSet } from '../io/indexed-set.js';
import { LingeringClose } from '../io/lingering-close.js';
import type { SharedBufferSocket } from '../io/shared-read-buffer.js';
import { Mirror } from '../mirror/mirror.js';
import { RequestReader } from '../request/request-reader.js';
import { Stickiness } from '../stickiness/stickiness.js';
import { UpstreamConnector } from '../upstream/upstream-connector.js';
import { FastLaneConnection, type ConnectionOwner } from './connection.js';
import { FastLaneContext } from './context.js';
import { ExchangePool } from './exchange-pool.js';

/** How often idle connections are looked at. Milliseconds. */
const SWEEP_MS = 500;

/** Takes over a connection, and the bytes of it that were read and not served; they are valid during the call. */
export type HandOver = (client: SharedBufferSocket, unread: Buffer) => void;

@Injectable()
export class FastLane implements ConnectionOwner {
  readonly context: FastLaneContext;
  readonly exchanges: ExchangePool;
  private readonly connections = new IndexedSet<FastLaneConnection>();
  private toFullLane: HandOver = () => {};
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    readonly requests: RequestReader,
    factory: ExchangeFactory,
    clock: DeadlineClock,
    lingering: LingeringClose,
    connector: UpstreamConnector,
    mirror: Mirror,
    stickiness: Stickiness,
    log: BoundedLog,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.context = new FastLaneContext(config, { clock, lingering, connector, mirror, stickiness, log });
    this.exchanges = new ExchangePool(this.context, factory);
    factory.registry.listen({ left: (url) => this.context.upstreams.forget(url) });
  }

  /** Starts the lane. `toFullLane` takes over the connections whose requests this lane does not support. */
  start(toFullLane: HandOver): void {
    this.toFullLane = toFullLane;
    this.sweeper = setInterval(() => this.sweep(), SWEEP_MS);
  }

  /** Step 1, accept: a client has connected. `unread`: what was read of its requests. */
  accept(client: SharedBufferSocket, unread?: Buffer): void {
    const connection = new FastLaneConnection(this, client);
    this.connections.add(connection);
    if (unread) connection.receive(unread, unread.length);
  }

  onLeave(connection: FastLaneConnection): void {
    this.connections.delete(connection);
  }

  handOver(client: SharedBufferSocket, unread: Buffer): void {
    this.toFullLane(client, unread);
  }

  /** From here on each response is the last one on its connection, and says so. */
  announceClose(): void {
    this.context.isClosing = true;
  }

  /** Closes the connections on which no request is served. */
  closeIdle(): void {
    this.connections.forEach((connection) => {
      if (connection.isIdle) connection.socket.destroySoon();
    });
  }

  /** Cuts every open connection. */
  destroyAll(): void {
    this.connections.forEach(({ socket }) => socket.destroy());
  }

  /** Stops the lane and closes the idle connections to backends. */
  close(): void {
    clearInterval(this.sweeper);
    this.context.upstreams.close();
  }

  private sweep(): void {
    const { context } = this;
    context.date = new Date().toUTCString();
    context.upstreams.sweep();
    this.connections.forEach((connection) => {
      if (connection.expiresAtMs <= context.clock.nowMs) connection.onTimeout();
    });
  }
}
