// Upgraded connections, WebSockets above all: after the switch of protocols the bytes pass both ways untouched.
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import {
  createProxyMiddleware,
  debugProxyErrorsPlugin,
  proxyEventsPlugin,
  type RequestHandler,
} from 'http-proxy-middleware';
import { balancerConfig } from '../config/balancer.config.js';
import { wordsFor } from '../health/ping-client.js';
import type { Backend } from '../registry/backend.js';
import { ClientRequests, isRefusal, type ClientRequest } from './client-request.js';
import { demandHeaders } from './demand-headers.js';
import { CLIENT_WENT_AWAY, type Exchange } from './exchange.js';
import { ExchangeDesk } from './exchange-desk.js';
import { requestHeaders } from './forwarding.js';
import { endWithProblem } from './problem-response.js';
import { PSEUDONYM } from './pseudonym.js';
import { hasBody } from './replayable-body.js';
import { connectWithin, connectedAgent } from './upstream-agent.js';
import { targetOf, upstreamHeaders } from './upstream-request.js';

/** An upgrade whose connection to the backend stands. */
interface Handshake {
  readonly backend: Backend;
  readonly connection: Socket;
  /** What the client wants to upgrade to. */
  readonly protocol: string;
}

/**
 * Whether a request's `Upgrade` is followed; otherwise it is served as if it had none (RFC 9110 §7.8). HTTP/2 in clear
 * text would carry requests past the balancer unseen.
 */
export function isUpgradeFollowed(request: IncomingMessage): boolean {
  const protocol = request.headers.upgrade?.toLowerCase() ?? '';
  return request.method === 'GET' && !hasBody(request) && protocol !== '' && !protocol.startsWith('h2');
}

@Injectable()
export class UpgradeLane {
  private readonly handshakes = new WeakMap<IncomingMessage, Handshake>();
  private readonly open = new Set<Duplex>();
  private readonly connectTimeoutMs: number;
  private readonly proxy: RequestHandler;

  constructor(
    private readonly desk: ExchangeDesk,
    private readonly requests: ClientRequests,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.connectTimeoutMs = config.CONNECT_TIMEOUT_SECONDS * 1000;
    this.proxy = createProxyMiddleware({
      ejectPlugins: true,
      plugins: [debugProxyErrorsPlugin, proxyEventsPlugin],
      upgradeTimeout: config.REQUEST_TIMEOUT_SECONDS * 1000,
      router: (request, _response, options) => {
        const handshake = this.handshakes.get(request);
        if (!handshake) throw new Error('an upgrade reached the proxy without a handshake');
        options.agent = connectedAgent(handshake.connection);
        // The middleware lets only `websocket` pass; the protocol that was asked for goes in by the back door.
        options.headers = { upgrade: handshake.protocol };
        return targetOf(handshake.backend.url);
      },
      on: {
        error: (error, _request, socket) => {
          if (socket instanceof Socket)
            endWithProblem(socket, statusOf(error), `the backend failed: ${wordsFor(error)}`);
        },
      },
    });
  }

  /** Serves an upgrade: from its head to the close of the upgraded connection. */
  async handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const read = this.requests.read(request);
    if (isRefusal(read)) {
      endWithProblem(socket, read.statusCode, read.message);
      return;
    }
    const exchange = this.desk.begin(read);
    this.open.add(socket);
    let status = CLIENT_WENT_AWAY;
    // Until the middleware has its own listener, a reset must not bring the process down; 'close' tells of it.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.open.delete(socket);
      exchange.attemptAnswered();
      exchange.end(status);
    });
    const handshake = await this.connect(exchange, request, socket);
    if (!handshake) {
      status = exchange.backend ? 502 : 503;
      const message = exchange.backend ? 'the backends could not be reached' : 'no backend can take this request now';
      endWithProblem(socket, status, message);
      return;
    }
    status = 101;
    this.handshakes.set(request, handshake);
    request.headers = this.forwardedHeaders(request, read);
    this.proxy.upgrade(request, socket as Socket, head);
  }

  /** Ends what is still open. */
  close(): void {
    for (const socket of this.open) socket.destroy();
  }

  /** How many upgraded connections are open. */
  get openCount(): number {
    return this.open.size;
  }

  /** Connects before anything is sent, so that a backend that refuses costs the client nothing. */
  private async connect(exchange: Exchange, request: IncomingMessage, socket: Duplex): Promise<Handshake | undefined> {
    while (!socket.destroyed) {
      const backend = exchange.placeNext();
      if (!backend) return undefined;
      try {
        const connection = await this.connectTo(backend);
        return { backend, connection, protocol: request.headers.upgrade ?? '' };
      } catch (error) {
        exchange.attemptFailed(`exchange failed: ${wordsFor(error as Error)}`);
        if (!exchange.takeRetry('unsent', true)) return undefined;
      }
    }
    return undefined;
  }

  private connectTo({ url }: Backend): Promise<Socket> {
    const { hostname, port } = targetOf(url);
    return new Promise((resolve, reject) => {
      const connection = connectWithin(this.connectTimeoutMs, { host: hostname ?? '', port: Number(port) });
      connection.once('connect', () => resolve(connection));
      connection.once('error', reject);
    });
  }

  private forwardedHeaders(request: IncomingMessage, { client, isTrusted, demand }: ClientRequest) {
    const { httpVersion } = request;
    const hop = { clientAddress: client, isTrusted, httpVersion, pseudonym: PSEUDONYM };
    const forwarded = requestHeaders(request.rawHeaders, request.headers, hop);
    const headers = upstreamHeaders([...forwarded, ...demandHeaders(demand, this.config.RESOURCES)], request);
    return { ...headers, connection: 'Upgrade', upgrade: 'websocket' };
  }
}

function statusOf(error: Error): number {
  return (error as { statusCode?: number }).statusCode === 504 ? 504 : 502;
}
