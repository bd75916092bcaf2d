// One upgrade: connects to a backend, asks it for the other protocol, and joins the two connections if it agrees.
import { ServerResponse, request as requestUpstream, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { monotonicMs } from '../../clock/monotonic.js';
import { describeError } from '../../net/network-error.js';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import { openEventOf } from '../../tls/backend-connector.js';
import { InvalidResponseError, type AttemptAbortedError } from '../exchange/attempt-error.js';
import type { AttemptLimits } from '../exchange/attempt-limits.js';
import { AttemptLoop } from '../exchange/attempt-loop.js';
import type { LaneTransport } from '../exchange/lane-transport.js';
import type { ExchangeFactory } from '../exchange/exchange-factory.js';
import { lastErrorText, type ErrorFields } from '../headers/error-response.js';
import { isReasonPhrase, removeField, responseHeaders, sortResponseFields } from '../headers/header-rules.js';
import { withRequestId } from '../headers/request-id-header.js';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';
import type { DeadlineClock } from '../io/deadline-clock.js';
import type { LingeringClose } from '../io/lingering-close.js';
import { ParsedDetails } from '../relay/parsed-details.js';
import type { ForwardedRequestHeaders } from '../relay/request-headers.js';
import { relayResponse } from '../relay/response-relay.js';
import { protocolsIn } from '../request/message-framing.js';
import type { RequestIds } from '../request/request-ids.js';
import type { ReadRequest } from '../request/request-reader.js';
import { requestAgent } from '../upstream/request-agent.js';
import { forwardedTarget, targetOf, type UpstreamTarget } from '../upstream/upstream-address.js';
import type { Stickiness } from '../stickiness/stickiness.js';
import type { UpstreamConnector } from '../upstream/upstream-connector.js';
import type { OwnResponseHeaders } from '../headers/own-response-headers.js';
import { joinConnections, type TunnelLimits } from './tunnel.js';
import type { UpgradeClient } from './upgrade-client.js';

/** What all upgrades share. */
export interface UpgradeContext {
  readonly factory: ExchangeFactory;
  readonly limits: AttemptLimits;
  readonly clock: DeadlineClock;
  readonly lingering: LingeringClose;
  readonly connector: UpstreamConnector;
  readonly stickiness: Stickiness;
  readonly tunnels: TunnelLimits;
  readonly ids: RequestIds;
  readonly requestHeaders: ForwardedRequestHeaders;
  readonly ownHeaders: OwnResponseHeaders;
}

/** TCP probes a silent backend after this long. Milliseconds. */
const TCP_PROBE_AFTER_MS = 60_000;

/** Serves one upgrade, from its head to the close of the upgraded connection. */
export class UpgradeExchange implements LaneTransport {
  /** The body, of which an upgrade has none, can always be sent again. */
  readonly isBodyReplayable = true;
  readonly details: ParsedDetails;
  private readonly loop: AttemptLoop;
  private connection: Socket | undefined;
  /** The response that refuses the upgrade, once its head has arrived. */
  private refusal: ServerResponse | undefined;

  constructor(
    private readonly context: UpgradeContext,
    private readonly read: ReadRequest,
    private readonly client: UpgradeClient,
  ) {
    const { factory, limits, clock } = context;
    const requestId = context.ids.of(read.givenId);
    this.details = new ParsedDetails(client.request, read.peer, requestId, () => client.receivedBytes);
    this.loop = new AttemptLoop(factory, limits, clock, this);
  }

  start(): void {
    const { loop, client } = this;
    loop.start(this.read, false);
    client.socket.once('close', () => {
      // Without a client there is nothing to ask the backend for.
      this.connection?.destroy();
      this.end();
    });
    loop.tryNext();
  }

  /** The request is over: its connection is closed, or will be. */
  private end(): void {
    if (!this.loop.isIdle) this.loop.end();
  }

  get isUpstreamBackpressured(): boolean {
    return false;
  }

  get isDownstreamBackpressured(): boolean {
    return this.refusal?.writableNeedDrain === true;
  }

  /** Connects before anything is sent, so that a backend that refuses connections costs the client nothing. */
  startAttempt({ url }: FleetBackend): void {
    const { context, loop } = this;
    const target = targetOf(url);
    const options = { keepAlive: true, keepAliveInitialDelay: TCP_PROBE_AFTER_MS };
    const connection = context.connector.open(target, options, () => loop.onSlowConnect());
    this.connection = connection;
    connection.on('error', (error) => this.onError(connection, error));
    connection.once(openEventOf(connection), () => {
      if (this.connection === connection) this.sendRequest(connection, target);
    });
  }

  abortAttempt(error: AttemptAbortedError | InvalidResponseError): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.destroy();
    this.loop.onAttemptError(error, false);
  }

  abortResponse(): void {
    this.connection?.destroy();
    this.client.socket.destroy();
  }

  /** An upgraded connection is no request that could be copied. */
  mirror(): void {}

  sendError(statusCode: number, message: string, fields?: ErrorFields): void {
    this.connection?.destroy();
    const { client, context, details } = this;
    const { accept } = client.request.headers;
    const text = lastErrorText(statusCode, message, { fields: withRequestId(fields, details.requestId), accept });
    context.lingering.endWith(client.leave(), text);
    this.end();
  }

  /** Raw header list of what the balancer and the route add to the response. */
  private get ownHeaders(): readonly string[] {
    const { context, read } = this;
    const { backend } = this.loop.exchange;
    const cookie = context.stickiness.cookieFor(read, backend);
    return context.ownHeaders.of(read, backend?.id, read.route.responseChanges, cookie);
  }

  private sendRequest(connection: Socket, { hostHeader, pathPrefix }: UpstreamTarget): void {
    const { request } = this.client;
    const { requestChanges: changes } = this.read.route;
    const path = forwardedTarget(pathPrefix, changes?.targetOf(this.read.target) ?? this.read.target);
    const added = { connection: 'Upgrade', requestId: this.details.requestId };
    const headers = this.context.requestHeaders.of(request, this.read, added);
    headers.push('Upgrade', request.headers.upgrade ?? '');
    if (!request.headers.host && changes?.host === undefined) {
      removeField(headers, 'host');
      headers.unshift('Host', hostHeader);
    }
    const agent = requestAgent((created) => created.onSocket(connection), false);
    const upstream = requestUpstream({ agent, path, headers, setHost: false });
    upstream.on('error', (error) => this.onError(connection, error));
    upstream.once('response', (response) => this.relayRefusal(response));
    upstream.once('upgrade', (response, _, firstBytes) => this.switchProtocols(connection, response, firstBytes));
    upstream.end();
  }

  /** Reported by the connection, by Node's request, or by both. */
  private onError(connection: Socket, error: Error): void {
    if (this.connection !== connection || this.client.socket.destroyed || !this.loop.isAttempting) return;
    this.connection = undefined;
    connection.destroy();
    this.loop.onAttemptError(error, false);
  }

  /** The backend switches protocols: so does the balancer, and joins the two connections. */
  private switchProtocols(connection: Socket, response: IncomingMessage, firstBytes: Buffer): void {
    if (this.connection !== connection) {
      connection.destroy();
      return;
    }
    if (!wasAskedFor(response, this.client.request)) {
      this.abortAttempt(new InvalidResponseError('it switched to a protocol that the client did not ask for'));
      return;
    }
    const { clock, tunnels } = this.context;
    const { socket } = this.client;
    this.details.firstByteAtMs = monotonicMs();
    this.loop.onResponseHead(101, {});
    this.loop.onUpgrade();
    const early = this.client.release();
    socket.write(this.switchingHead(response), 'latin1');
    if (firstBytes.length > 0) socket.write(firstBytes);
    if (early.length > 0) connection.write(early);
    joinConnections(socket, connection, clock, tunnels);
  }

  /** The head of the response that switches protocols. */
  private switchingHead(response: IncomingMessage): string {
    const { requestId } = this.details;
    const { responseChanges } = this.read.route;
    const { rawHeaders, headers, httpVersion, statusMessage = '' } = response;
    const hop = { statusCode: 101, httpVersion, pseudonym: VIA_PSEUDONYM, isChunked: false, requestId };
    const forwarded = responseHeaders(sortResponseFields(rawHeaders, requestId, responseChanges?.dropped), hop);
    forwarded.push(...this.ownHeaders, 'Connection', 'Upgrade', 'Upgrade', headers.upgrade ?? '');
    const phrase = isReasonPhrase(statusMessage) ? statusMessage : 'Switching Protocols';
    const lines = forwarded.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`));
    return `HTTP/1.1 101 ${phrase}\r\n${lines.join('')}\r\n`;
  }

  /** The backend does not switch: its response goes to the client, and the connection ends with it. */
  private relayRefusal(upstream: IncomingMessage): void {
    const { loop, details } = this;
    const { lingering } = this.context;
    const { request, socket } = this.client;
    const response = responseOn(socket, request);
    response.once('finish', () => {
      lingering.end(this.client.leave());
      this.end();
    });
    upstream.once('error', (error) => {
      if (!socket.destroyed) loop.onResponseError(describeError(error));
    });
    const observer = {
      onBytes: (count: number) => loop.onBytes(count),
      onComplete: () => void loop.exchange.completeAttempt(),
      onCutOff: (error: Error) => loop.onResponseError(describeError(error)),
    };
    try {
      const { responseChanges: changes } = this.read.route;
      const { ownHeaders } = this;
      relayResponse(upstream, { request, response }, observer, { ownHeaders, changes, requestId: details.requestId });
      this.refusal = response;
      details.firstByteAtMs = monotonicMs();
      loop.onResponseHead(response.statusCode, upstream.headers);
    } catch (error) {
      response.detachSocket(socket);
      upstream.removeAllListeners();
      this.abortAttempt(error as InvalidResponseError);
    }
  }
}

/** Whether a response switches to one of the protocols of the request (RFC 9110 §7.8). */
function wasAskedFor({ headers }: IncomingMessage, { headers: asked }: IncomingMessage): boolean {
  const offered = protocolsIn(asked.upgrade);
  return protocolsIn(headers.upgrade).every((protocol) => offered.includes(protocol));
}

/**
 * A response on a socket that Node's server has left. The server reports `drain` of a socket to its own responses only, and
 * only then a response would take more.
 */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  Object.defineProperty(response, 'writableNeedDrain', { get: () => socket.writableNeedDrain });
  socket.on('drain', () => response.emit('drain'));
  return response;
}
