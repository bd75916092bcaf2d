// The fast lane: HTTP/1.1 framed by libs/http1 straight on sockets. It knows the common, canonical requests, and hands
// every other to the full lane.
import type { Socket } from 'node:net';
import type { RequestHead, ResponseHead, Trailers } from '@fairlead/http1';
import type { ResourceSpace } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { monotonicMs } from '../../clock/monotonic.js';
import { ClientRequests } from '../request/request-reader.js';
import { Crowd } from '../io/indexed-set.js';
import { ExchangeDesk } from '../exchange/exchange-factory.js';
import { FastConnection } from './connection.js';
import { FastExchange } from './exchange.js';
import {
  DemandLines,
  aRequestHead,
  aResponseHead,
  keepAliveLines,
  someTrailers,
  type LastLines,
} from './wire-headers.js';
import type { ClientExchange } from './contracts.js';
import type { FastServices, HeldConnection, Wakeable } from './context.js';
import { laneLimitsOf, type LaneLimits } from '../exchange/attempt-loop.js';
import { Outbox } from './write-buffer.js';
import { UpstreamPool, slowConnectMsOf } from './upstream-connections.js';

/** How often deadlines are looked at. Every deadline is late by up to this. Milliseconds. */
const TICK_MS = 20;
/** How often what idles is looked at. Milliseconds. */
const SWEEP_MS = 500;
/** Exchanges that are over and kept for further requests. */
const MOST_SPARE = 1024;
/** Fields of a head; Node's own limit is 2000, and what has more goes to the full lane. */
const MOST_FIELDS = 100;
/** Largest head of an answer, as in Node. Bytes. */
const ANSWER_HEAD_BYTES = 16_384;

@Injectable()
export class FastLane implements FastServices {
  readonly connections = new Set<HeldConnection>();
  readonly active = new Crowd<Wakeable>();
  readonly pool: UpstreamPool;
  readonly limits: LaneLimits;
  readonly resources: ResourceSpace;
  readonly demandLines: DemandLines;
  readonly retryBufferBytes: number;
  readonly headerTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly keepAliveLines: LastLines;
  readonly outbox = new Outbox();
  readonly trailers: Trailers;
  requestHead: RequestHead;
  answerHead: ResponseHead;
  nowMs = monotonicMs();
  date = new Date().toUTCString();
  isClosing = false;
  /** Takes over connections with what they sent. */
  private fullLane: (socket: Socket) => void = () => {};
  private readonly requestLimits;
  private readonly answerLimits = { maxHeadBytes: ANSWER_HEAD_BYTES, maxFields: 2000 };
  private readonly spare: ClientExchange[] = [];
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    readonly desk: ExchangeDesk,
    readonly requests: ClientRequests,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.limits = laneLimitsOf(config);
    this.resources = config.RESOURCES;
    this.demandLines = new DemandLines(config.RESOURCES);
    this.retryBufferBytes = config.RETRY_BUFFER_BYTES;
    this.headerTimeoutMs = config.CLIENT_HEADER_TIMEOUT_SECONDS * 1000;
    this.keepAliveMs = config.CLIENT_KEEP_ALIVE_SECONDS * 1000;
    this.keepAliveLines = keepAliveLines(config.CLIENT_KEEP_ALIVE_SECONDS);
    this.requestLimits = { maxHeadBytes: config.MAX_HEADER_BYTES, maxFields: MOST_FIELDS };
    this.requestHead = aRequestHead(this.requestLimits);
    this.answerHead = aResponseHead(this.answerLimits);
    this.trailers = someTrailers(this.answerLimits);
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

  anExchange(): ClientExchange {
    return this.spare.pop() ?? new FastExchange(this);
  }

  takeBack(exchange: ClientExchange): void {
    if (this.spare.length < MOST_SPARE) this.spare.push(exchange);
  }

  lendRequestHead(): RequestHead {
    const lent = this.requestHead;
    this.requestHead = aRequestHead(this.requestLimits);
    return lent;
  }

  lendAnswerHead(): ResponseHead {
    const lent = this.answerHead;
    this.answerHead = aResponseHead(this.answerLimits);
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
