// The fast lane: HTTP/1.1 framed by libs/http1 straight on sockets. It knows the common, canonical requests, and hands
// every other to the full lane.
import type { Socket } from 'node:net';
import type { RequestHead, ResponseHead, Trailers } from '@fairlead/http1';
import type { ResourceSpace } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { monotonicMs } from '../../clock/monotonic.js';
import { RequestReader } from '../request/request-reader.js';
import { IndexedSet } from '../io/indexed-set.js';
import { ExchangeFactory } from '../exchange/exchange-factory.js';
import { FastConnection } from './connection.js';
import { FastExchange } from './exchange.js';
import {
  DemandLines,
  createRequestHead,
  createResponseHead,
  keepAliveLines,
  createTrailers,
  type LastLines,
} from './wire-headers.js';
import type { FastLaneExchange } from './contracts.js';
import type { FastLaneContext, HeldConnection, Wakeable } from './context.js';
import { laneLimitsOf, type LaneLimits } from '../exchange/attempt-loop.js';
import { WriteBuffer } from './write-buffer.js';
import { UpstreamPool, slowConnectMsOf } from './upstream-connections.js';

/** How often deadlines are looked at. Every deadline is late by up to this. Milliseconds. */
const TICK_MS = 20;
/** How often what idles is looked at. Milliseconds. */
const SWEEP_MS = 500;
/** Exchanges that are over and kept for further requests. */
const MAX_SPARE_EXCHANGES = 1024;
/** Fields of a head; Node's own limit is 2000, and what has more goes to the full lane. */
const MAX_REQUEST_FIELDS = 100;
/** Largest head of an answer, as in Node. Bytes. */
const MAX_RESPONSE_HEAD_BYTES = 16_384;

@Injectable()
export class FastLane implements FastLaneContext {
  readonly connections = new Set<HeldConnection>();
  readonly active = new IndexedSet<Wakeable>();
  readonly pool: UpstreamPool;
  readonly limits: LaneLimits;
  readonly resources: ResourceSpace;
  readonly demandLines: DemandLines;
  readonly retryBufferBytes: number;
  readonly headerTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly keepAliveLines: LastLines;
  readonly writeBuffer = new WriteBuffer();
  readonly trailers: Trailers;
  requestHead: RequestHead;
  responseHead: ResponseHead;
  nowMs = monotonicMs();
  date = new Date().toUTCString();
  isClosing = false;
  /** Takes over connections with what they sent. */
  private fullLane: (socket: Socket) => void = () => {};
  private readonly requestLimits;
  private readonly responseLimits = { maxHeadBytes: MAX_RESPONSE_HEAD_BYTES, maxFields: 2000 };
  private readonly spare: FastLaneExchange[] = [];
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    readonly desk: ExchangeFactory,
    readonly requests: RequestReader,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.limits = laneLimitsOf(config);
    this.resources = config.RESOURCES;
    this.demandLines = new DemandLines(config.RESOURCES);
    this.retryBufferBytes = config.RETRY_BUFFER_BYTES;
    this.headerTimeoutMs = config.CLIENT_HEADER_TIMEOUT_SECONDS * 1000;
    this.keepAliveMs = config.CLIENT_KEEP_ALIVE_SECONDS * 1000;
    this.keepAliveLines = keepAliveLines(config.CLIENT_KEEP_ALIVE_SECONDS);
    this.requestLimits = { maxHeadBytes: config.MAX_HEADER_BYTES, maxFields: MAX_REQUEST_FIELDS };
    this.requestHead = createRequestHead(this.requestLimits);
    this.responseHead = createResponseHead(this.responseLimits);
    this.trailers = createTrailers(this.responseLimits);
    const connectTimeoutMs = config.CONNECT_TIMEOUT_SECONDS * 1000;
    const slowConnectMs = slowConnectMsOf(connectTimeoutMs);
    this.pool = new UpstreamPool({ connectTimeoutMs, slowConnectMs }, () => this.nowMs);
  }

  /** Begins to keep time. `fullLane` takes over the connections that this lane does not know what to do with. */
  start(fullLane: (socket: Socket) => void): void {
    this.fullLane = fullLane;
    this.timers.push(
      setInterval(() => this.tick(), TICK_MS),
      setInterval(() => this.sweep(), SWEEP_MS),
    );
  }

  /** A client has connected. */
  accept(socket: Socket): void {
    this.connections.add(new FastConnection(this, socket));
  }

  /** From here on an answer is the last one on its connection, and says so. */
  announceClose(): void {
    this.isClosing = true;
  }

  /** Closes the connections on which nothing is answered. */
  closeIdle(): void {
    for (const connection of this.connections) if (connection.isIdle) connection.socket.destroySoon();
  }

  /** Cuts whatever is still open. */
  destroyAll(): void {
    for (const { socket } of this.connections) socket.destroy();
  }

  /** Stops keeping time and closes the idle connections to backends. */
  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.pool.close();
  }

  handOver(socket: Socket, bytes: Buffer): void {
    socket.pause();
    this.fullLane(socket);
    socket.unshift(bytes);
    socket.resume();
  }

  acquireExchange(): FastLaneExchange {
    return this.spare.pop() ?? new FastExchange(this);
  }

  recycle(exchange: FastLaneExchange): void {
    if (this.spare.length < MAX_SPARE_EXCHANGES) this.spare.push(exchange);
  }

  detachRequestHead(): RequestHead {
    const lent = this.requestHead;
    this.requestHead = createRequestHead(this.requestLimits);
    return lent;
  }

  detachResponseHead(): ResponseHead {
    const lent = this.responseHead;
    this.responseHead = createResponseHead(this.responseLimits);
    return lent;
  }

  private tick(): void {
    this.nowMs = monotonicMs();
    this.active.forEach((exchange) => {
      if (exchange.wakesAtMs <= this.nowMs) exchange.wake();
    });
  }

  private sweep(): void {
    this.date = new Date().toUTCString();
    this.pool.sweep();
    for (const connection of this.connections) {
      if (connection.closesAtMs <= this.nowMs) connection.close();
    }
  }
}
