// The full lane: Node's HTTP server in front, http-proxy-middleware behind. It speaks all of HTTP/1.1.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { createProxyMiddleware, proxyEventsPlugin, type RequestHandler } from 'http-proxy-middleware';
import { balancerConfig } from '../../config/balancer.config.js';
import { RequestReader, isRefusal } from '../request/request-reader.js';
import { ExchangeFactory } from '../exchange/exchange-factory.js';
import { FullLaneExchange, type LaneSettings } from './exchange.js';
import { laneLimitsOf } from '../exchange/attempt-loop.js';
import { OwnRequestFields } from './forwarded-header-cache.js';
import { sendError } from '../headers/error-response.js';
import { ProxiedRequest } from './proxied-request.js';
import { UpstreamAgent } from './upstream-agent.js';
import { WatchClock } from '../io/deadline-clock.js';

@Injectable()
export class FullLane {
  private readonly settings: LaneSettings;
  private readonly proxy: RequestHandler;
  private readonly agent: UpstreamAgent;
  private readonly clock = new WatchClock();

  constructor(
    private readonly desk: ExchangeFactory,
    private readonly requests: RequestReader,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.agent = new UpstreamAgent(config.CONNECT_TIMEOUT_SECONDS * 1000);
    this.settings = {
      resources: config.RESOURCES,
      ...laneLimitsOf(config),
      retryBufferBytes: config.RETRY_BUFFER_BYTES,
      agent: this.agent,
      clock: this.clock,
      ownFields: new OwnRequestFields(config.RESOURCES),
    };
    this.proxy = this.createProxy();
  }

  /** Serves a request: from its head to the last byte of its answer. */
  handle(request: ProxiedRequest, response: ServerResponse): void {
    const read = this.requests.read(request);
    if (isRefusal(read)) {
      sendError(response, read.statusCode, read.message);
      return;
    }
    const exchange = new FullLaneExchange(this.desk, read, { request, response }, this.settings, () => {
      void this.proxy(request, response);
    });
    request.exchange = exchange;
    exchange.start();
  }

  /** Closes the idle connections to backends. */
  close(): void {
    this.agent.destroy();
    this.clock.stop();
  }

  /** Built once: http-proxy-middleware adds listeners to the server with each one. */
  private createProxy(): RequestHandler {
    const exchangeOf = (request: IncomingMessage) => {
      const exchange = request instanceof ProxiedRequest ? request.exchange : undefined;
      if (!exchange) throw new Error('a request reached the proxy without an exchange');
      return exchange;
    };
    return createProxyMiddleware({
      // Its own logging and error answers are left out; what an error means is decided by the exchange.
      ejectPlugins: true,
      plugins: [proxyEventsPlugin],
      selfHandleResponse: true,
      // The router gets this request's own copy of the options.
      router: (request, _response, options) => exchangeOf(request).routeAttempt(options),
      on: {
        proxyRes: (answer, request) => exchangeOf(request).onResponse(answer),
        error: (error, request) => exchangeOf(request).onError(error),
        // The client closed its connection; the response tells of it too.
        econnreset: () => {},
      },
    });
  }
}
