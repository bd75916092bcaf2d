// Upgraded connections, WebSockets above all: after the switch of protocols the bytes pass both ways untouched.
import { ServerResponse, request as requestUpstream, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { describeError } from '../../net/network-error.js';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import { relayResponse } from '../full-lane/response-relay.js';
import { RequestReader, isRefusal, type ReadRequest } from '../request/request-reader.js';
import { CLIENT_WENT_AWAY, type Exchange } from '../exchange/exchange.js';
import { ExchangeFactory } from '../exchange/exchange-factory.js';
import { sortResponseFields, isReasonPhrase, requestHeaders, responseHeaders } from '../headers/header-rules.js';
import { OwnRequestFields } from '../full-lane/forwarded-header-cache.js';
import { endWithError } from '../headers/error-response.js';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';
import { hasBody } from '../full-lane/replayable-body.js';
import { joinConnections } from './tunnel.js';
import { connectWithin, connectedAgent } from '../full-lane/upstream-agent.js';
import { targetOf } from '../upstream/upstream-address.js';

/** An upgrade under way. */
interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client has sent beyond its request's head. */
  readonly head: Buffer;
  readonly read: ReadRequest;
  readonly exchange: Exchange;
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
  private readonly open = new Set<Duplex>();
  private readonly connectTimeoutMs: number;
  private readonly requestTimeoutMs: number;
  private readonly ownFields: OwnRequestFields;

  constructor(
    private readonly desk: ExchangeFactory,
    private readonly requests: RequestReader,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.connectTimeoutMs = config.CONNECT_TIMEOUT_SECONDS * 1000;
    this.requestTimeoutMs = config.REQUEST_TIMEOUT_SECONDS * 1000;
    this.ownFields = new OwnRequestFields(config.RESOURCES);
  }

  /** Serves an upgrade: from its head to the close of the upgraded connection. */
  async handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Node listens no more; a reset must not bring the process down.
    socket.on('error', () => {});
    const read = this.requests.read(request);
    if (isRefusal(read)) {
      endWithError(socket, read.statusCode, read.message);
      return;
    }
    let status = CLIENT_WENT_AWAY;
    const exchange = this.desk.create((what) => {
      // There is no moving a connection: it ends when it must.
      if (what === 'all') socket.destroy();
    });
    exchange.start(read);
    this.open.add(socket);
    socket.once('close', () => {
      this.open.delete(socket);
      exchange.end(status);
    });
    const connection = await this.connect(exchange, socket);
    if (socket.destroyed) {
      connection?.destroy();
      return;
    }
    if (connection) {
      status = await this.shakeHands({ request, socket, head, read, exchange }, connection);
      return;
    }
    status = 503;
    exchange.countUnplaced();
    endWithError(socket, status, 'no backend can take this request now');
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
  private async connect(exchange: Exchange, socket: Duplex): Promise<Socket | undefined> {
    while (!socket.destroyed) {
      const backend = exchange.placeNext();
      if (!backend) return undefined;
      try {
        return await this.connectTo(backend);
      } catch (error) {
        exchange.failAttempt(`exchange failed: ${describeError(error as Error)}`);
        if (!exchange.tryConsumeRetry('connect-failed', true)) return undefined;
      }
    }
    return undefined;
  }

  private connectTo({ url }: FleetBackend): Promise<Socket> {
    const { hostname, port } = targetOf(url);
    return new Promise((resolve, reject) => {
      const connection = connectWithin(this.connectTimeoutMs, { host: hostname ?? '', port: Number(port) });
      connection.once('connect', () => resolve(connection));
      connection.once('error', reject);
    });
  }

  /** Asks the backend; answers the status that the client got. */
  private shakeHands(handshake: Handshake, connection: Socket): Promise<number> {
    const { request, socket, read, exchange } = handshake;
    const { pathname = '' } = targetOf(exchange.backend?.url ?? '');
    return new Promise((resolve) => {
      const upstream = requestUpstream({
        agent: connectedAgent(connection),
        path: (pathname === '/' ? '' : pathname) + read.target,
        headers: this.forwardedHeaders(request, read),
        setHost: false,
        timeout: this.requestTimeoutMs,
      });
      const fail = (statusCode: 502 | 504, problem: string) => {
        exchange.failAttempt(`exchange failed: ${problem}`);
        endWithError(socket, statusCode, `the backend failed: ${problem}`);
        resolve(statusCode);
      };
      // A client that is gone leaves nobody to ask for.
      socket.once('close', () => connection.destroy());
      upstream.once('timeout', () => {
        fail(504, `no answer within ${this.requestTimeoutMs} ms`);
        upstream.destroy();
      });
      upstream.on('error', (error) => {
        if (!socket.destroyed) fail(502, describeError(error));
      });
      upstream.once('response', (answer) => {
        refuse(handshake, answer);
        resolve(answer.statusCode ?? 502);
      });
      upstream.once('upgrade', (answer, _, firstBytes) => {
        switchProtocols(handshake, answer, { connection, firstBytes });
        resolve(101);
      });
      upstream.end();
    });
  }

  private forwardedHeaders(request: IncomingMessage, read: ReadRequest): string[] {
    const headers = requestHeaders(request.rawHeaders);
    this.ownFields.addTo(headers, request, read);
    headers.push('Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '');
    return headers;
  }
}

/** The backend switches: so does the balancer, and joins the two connections. */
function switchProtocols(
  { socket, head }: Handshake,
  answer: IncomingMessage,
  { connection, firstBytes }: { readonly connection: Socket; readonly firstBytes: Buffer },
): void {
  connection.setTimeout(0);
  const hop = { httpVersion: answer.httpVersion, pseudonym: VIA_PSEUDONYM, isChunked: false };
  const headers = responseHeaders(sortResponseFields(answer.rawHeaders), hop);
  headers.push('Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? '');
  const { statusMessage = '' } = answer;
  const phrase = isReasonPhrase(statusMessage) ? statusMessage : 'Switching Protocols';
  const lines = headers.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`));
  socket.write(`HTTP/1.1 101 ${phrase}\r\n${lines.join('')}\r\n`, 'latin1');
  if (firstBytes.length > 0) socket.write(firstBytes);
  if (head.length > 0) connection.write(head);
  joinConnections(socket, connection);
}

/** The backend does not switch: its answer goes to the client, and the connection ends with it. */
function refuse({ request, socket, exchange }: Handshake, answer: IncomingMessage): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket as Socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end(() => socket.destroy()));
  answer.once('error', () => socket.destroy());
  const watcher = { onBytes: () => {}, onComplete: () => exchange.completeAttempt() };
  try {
    relayResponse(answer, request, response, watcher);
    exchange.onResponseHead(response.statusCode, answer.headers);
  } catch (error) {
    exchange.failAttempt((error as Error).message);
    endWithError(socket, 502, (error as Error).message);
  }
}
