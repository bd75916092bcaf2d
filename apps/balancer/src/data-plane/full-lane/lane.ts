// The full lane: Node's HTTP server in front, http-proxy-middleware behind. It speaks all of HTTP/1.1.
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { attemptLimitsOf } from '../exchange/attempt-limits.js';
import { ExchangeFactory } from '../exchange/exchange-factory.js';
import { acceptIn, type ErrorFields } from '../headers/error-response.js';
import { withRequestId } from '../headers/request-id-header.js';
import { OwnResponseHeaders } from '../headers/own-response-headers.js';
import { sendOwn } from '../headers/own-response.js';
import { DeadlineClock } from '../io/deadline-clock.js';
import { ForwardedRequestHeaders } from '../relay/request-headers.js';
import { BoundedLog } from '../../metrics/bounded-log.js';
import { Mirror } from '../mirror/mirror.js';
import { responseTo } from '../request/refusal.js';
import { RequestReader, isRefusal } from '../request/request-reader.js';
import { Stickiness } from '../stickiness/stickiness.js';
import { UpstreamConnector } from '../upstream/upstream-connector.js';
import { FullLaneExchange, type FullLaneContext, type ProxiedDownstream } from './exchange.js';
import { Middleware } from './middleware.js';
import { createKeptPool } from './upstream-connections.js';

/** How often idle connections to backends are looked at. Milliseconds. */
const SWEEP_MS = 500;

@Injectable()
export class FullLane {
  private readonly context: FullLaneContext;
  private readonly sweeper: NodeJS.Timeout;

  constructor(
    private readonly requests: RequestReader,
    factory: ExchangeFactory,
    clock: DeadlineClock,
    connector: UpstreamConnector,
    mirror: Mirror,
    stickiness: Stickiness,
    private readonly log: BoundedLog,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const upstreams = createKeptPool(connector, () => clock.nowMs);
    this.context = {
      factory,
      clock,
      mirror,
      stickiness,
      upstreams,
      limits: attemptLimitsOf(config, connector.timeouts.slowConnectMs),
      ownHeaders: new OwnResponseHeaders(config.RESOURCES, config.HSTS_SECONDS),
      body: { keptBytes: config.RETRY_BUFFER_BYTES },
      ids: requests.ids,
      requestHeaders: new ForwardedRequestHeaders(config),
      middleware: new Middleware(),
    };
    this.sweeper = setInterval(() => upstreams.sweep(), SWEEP_MS).unref();
    factory.registry.listen({ left: (url) => upstreams.forget(url) });
  }

  /** Serves a request: from its head to the last byte of its response. */
  handle(downstream: ProxiedDownstream): void {
    try {
      this.serve(downstream);
    } catch (error) {
      // What a client sends must not end the process.
      this.log.defect(error);
      downstream.response.destroy();
    }
  }

  /** The fields of the response to a request that is refused: its id. */
  refusalFields(request: IncomingMessage): ErrorFields | undefined {
    return withRequestId(undefined, this.requests.idOf(request));
  }

  /** Closes the idle connections to backends. */
  close(): void {
    clearInterval(this.sweeper);
    this.context.upstreams.close();
  }

  private serve(downstream: ProxiedDownstream): void {
    const { request, response } = downstream;
    const read = this.requests.read(request);
    if (isRefusal(read)) {
      this.requests.countRefusal(request.method ?? '', read);
      if (read.isLast) response.shouldKeepAlive = false;
      const accept = acceptIn(request.rawHeaders, read.statusCode);
      sendOwn(response, responseTo(read, this.requests.idOf(request), accept));
    } else new FullLaneExchange(this.context, read, downstream).start();
  }
}
