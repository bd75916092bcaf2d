// One exchange in the full lane: has the middleware make its attempts, and relays the response.
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { MirrorConfig } from '@fairlead/traffic-config';
import { monotonicMs } from '../../clock/monotonic.js';
import { describeError } from '../../net/network-error.js';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import { InvalidResponseError, type AttemptAbortedError } from '../exchange/attempt-error.js';
import type { AttemptLimits } from '../exchange/attempt-limits.js';
import { AttemptLoop } from '../exchange/attempt-loop.js';
import type { LaneTransport } from '../exchange/lane-transport.js';
import type { ExchangeFactory } from '../exchange/exchange-factory.js';
import { isIdempotent } from '../exchange/retry-policy.js';
import type { OwnResponseHeaders } from '../headers/own-response-headers.js';
import { acceptIn, errorResponse, type ErrorFields } from '../headers/error-response.js';
import { sendOwn } from '../headers/own-response.js';
import { removeField } from '../headers/header-rules.js';
import { withRequestId } from '../headers/request-id-header.js';
import { Deadline, type DeadlineClock } from '../io/deadline-clock.js';
import type { Mirror } from '../mirror/mirror.js';
import { ParsedDetails } from '../relay/parsed-details.js';
import type { ForwardedRequestHeaders } from '../relay/request-headers.js';
import { cutResponse, relayInterimResponse, relayResponse, type Downstream } from '../relay/response-relay.js';
import { hasBody } from '../request/message-framing.js';
import type { RequestIds } from '../request/request-ids.js';
import { bodyTooLarge, type ReadRequest } from '../request/request-reader.js';
import type { Stickiness } from '../stickiness/stickiness.js';
import type { IdlePool } from '../upstream/idle-pool.js';
import { forwardedTarget, type UpstreamTarget } from '../upstream/upstream-address.js';
import { abandonResponse, type ForwardedRequest, type Middleware, type ProxiedRequest } from './middleware.js';
import { ReplayableBody, type BodyLimits } from './replayable-body.js';
import { announcedSecondsIn, type KeptConnection } from './upstream-connections.js';

/** What all exchanges of the lane share. */
export interface FullLaneContext {
  readonly factory: ExchangeFactory;
  readonly limits: AttemptLimits;
  readonly clock: DeadlineClock;
  readonly mirror: Mirror;
  readonly stickiness: Stickiness;
  readonly ownHeaders: OwnResponseHeaders;
  readonly body: Pick<BodyLimits, 'keptBytes'>;
  readonly upstreams: IdlePool<KeptConnection>;
  readonly ids: RequestIds;
  readonly requestHeaders: ForwardedRequestHeaders;
  readonly middleware: Middleware;
}

/** The client's side of an exchange. */
export interface ProxiedDownstream extends Downstream {
  readonly request: ProxiedRequest;
  /** `requestBytes`: how many bytes of the request have arrived. */
  readonly connection: { readonly requestBytes: number };
}

/** How long a client may go on sending a body after its response. Milliseconds. */
const DISCARD_BODY_TIMEOUT_MS = 30_000;
const EMPTY_HEADERS = {};
const EMPTY_BODY: Buffer = Buffer.alloc(0);

/** Serves one request. */
export class FullLaneExchange implements LaneTransport, ForwardedRequest {
  readonly body: ReplayableBody | undefined;
  readonly details: ParsedDetails;
  headers: readonly string[] = [];
  private readonly loop: AttemptLoop;
  /** What is sent to every backend. */
  private forwardedHeaders: readonly string[] = [];
  /** Whether no host is named, neither by the client, as HTTP/1.0 allows, nor by its route. */
  private lacksHost = false;
  /** The target as its route rewrites it. */
  private routedTarget = '';
  private backend: FleetBackend | undefined;
  private upstream: ClientRequest | undefined;
  private connection: KeptConnection | undefined;
  /** Why the present attempt was aborted: Node may report a lost connection only. */
  private abortedBy: Error | undefined;

  constructor(
    private readonly context: FullLaneContext,
    private readonly head: ReadRequest,
    private readonly downstream: ProxiedDownstream,
  ) {
    const { factory, limits, clock, body, ids } = context;
    const { request, connection } = downstream;
    this.details = new ParsedDetails(request, head.peer, ids.of(head.givenId), () => connection.requestBytes);
    this.loop = new AttemptLoop(factory, limits, clock, this);
    if (!hasBody(request)) return;
    const { maxBodyBytes: maxBytes, requestChanges } = head.route;
    const droppedTrailers = requestChanges?.headers.dropped;
    this.body = new ReplayableBody(
      request,
      { ...body, maxBytes, droppedTrailers },
      {
        onBytes: (count) => this.loop.onBytes(count),
        onComplete: () => this.loop.onRequestSent(),
        onTooLarge: () => this.loop.onBodyTooLarge(bodyTooLarge(maxBytes)),
      },
    );
  }

  start(): void {
    const { request, response } = this.downstream;
    const { requestChanges } = this.head.route;
    this.lacksHost = !request.headers.host && requestChanges?.host === undefined;
    this.routedTarget = requestChanges?.targetOf(this.head.target) ?? this.head.target;
    this.forwardedHeaders = this.collectHeaders();
    this.loop.start(this.head, this.body !== undefined);
    this.context.middleware.prepare(request, response, this);
    response.on('close', () => this.loop.end());
    this.loop.tryNext();
  }

  /** Where the present attempt goes. @throws {Error} before the first. */
  get target(): UpstreamTarget {
    if (!this.backend) throw new Error('an attempt was made without a backend');
    return this.context.upstreams.addressOf(this.backend).target;
  }

  /** The target of the present attempt's request line. @throws {Error} before the first. */
  get requestTarget(): string {
    return forwardedTarget(this.target.pathPrefix, this.routedTarget);
  }

  get isBodyReplayable(): boolean {
    return this.body?.isReplayable ?? true;
  }

  get isUpstreamBackpressured(): boolean {
    return this.upstream?.writableNeedDrain === true;
  }

  get isDownstreamBackpressured(): boolean {
    const { response } = this.downstream;
    return response.writableEnded || response.writableNeedDrain;
  }

  startAttempt(backend: FleetBackend): void {
    // What is still reported of the attempt before does not count any more.
    this.upstream = undefined;
    this.abortedBy = undefined;
    this.backend = backend;
    this.connection = undefined;
    const { request, response } = this.downstream;
    const { forwardedHeaders } = this;
    this.headers = this.lacksHost ? ['Host', this.target.hostHeader, ...forwardedHeaders] : forwardedHeaders;
    this.context.middleware.forward(request, response);
  }

  abortAttempt(error: AttemptAbortedError | InvalidResponseError): void {
    this.abortedBy = error;
    this.upstream?.destroy(error);
  }

  abortResponse(): void {
    cutResponse(this.downstream);
  }

  mirror(config: MirrorConfig): void {
    const { context, head, body, routedTarget: target, forwardedHeaders: headers } = this;
    const { demand, method, route } = head;
    const copy = () => {
      const whole = body ? body.copyWhole() : EMPTY_BODY;
      return whole && { method, target, headers, body: whole };
    };
    context.mirror.consider(config, { demand, requestTimeoutMs: route.requestTimeoutMs }, copy);
  }

  sendError(statusCode: number, message: string, fields?: ErrorFields): void {
    const { body, upstream } = this;
    const { request, response } = this.downstream;
    if (statusCode === 408 || statusCode === 413) response.setHeader('Connection', 'close');
    const allFields = withRequestId(fields, this.details.requestId);
    // The middleware has emptied `headers` by then.
    const accept = acceptIn(request.rawHeaders, statusCode);
    sendOwn(response, errorResponse(statusCode, message, { fields: allFields, accept }));
    upstream?.destroy();
    if (request.complete || !body) return;
    body.discard();
    const deadline = new Deadline(this.context.clock, () => request.socket.destroySoon());
    deadline.set(DISCARD_BODY_TIMEOUT_MS);
    request.once('close', () => deadline.clear());
  }

  /** Node's client has created the request of an attempt: it gets a connection. */
  onUpstreamRequest(upstream: ClientRequest): void {
    const { backend, downstream, loop } = this;
    if (!backend) return;
    const connection = this.context.upstreams.acquire(backend, !isIdempotent(this.head.method));
    const { socket } = connection;
    this.upstream = upstream;
    this.connection = connection;
    if (!connection.isOpen) connection.onSlowConnect = () => loop.onSlowConnect();
    upstream.on('information', ({ statusCode, rawHeaders }) => {
      relayInterimResponse(statusCode, rawHeaders, downstream);
    });
    // A switch of protocols that was not asked for. Node takes the request for finished, and reports nothing.
    upstream.on('upgrade', () => {
      socket.destroy();
      if (this.upstream === upstream) this.onError(new InvalidResponseError('it switched protocols unasked'));
    });
    upstream.on('close', () => {
      // After a response too, where an error, whose stack costs time, would be made in vain.
      if (this.upstream === upstream && loop.isAttempting) this.onError(new Error('closed without a response'));
    });
    upstream.reusedSocket = connection.isReused;
    upstream.onSocket(socket);
  }

  onResponse(response: IncomingMessage): void {
    const { connection, downstream, details, head, loop } = this;
    const observer = {
      onBytes: (count: number) => loop.onBytes(count),
      onComplete: () => this.onComplete(),
      onCutOff: (error: Error) => loop.onResponseError(describeError(error)),
    };
    try {
      const { responseChanges: changes } = head.route;
      const { backend } = loop.exchange;
      const { ownHeaders: own, stickiness } = this.context;
      const ownHeaders = own.of(head, backend?.id, changes, stickiness.cookieFor(head, backend));
      const options = { ownHeaders, changes, requestId: details.requestId, bypass: connection?.bypass };
      const fields = relayResponse(response, downstream, observer, options);
      connection?.announceTimeout(announcedSecondsIn(fields.keepAlive));
      details.firstByteAtMs = monotonicMs();
      loop.onResponseHead(downstream.response.statusCode, fields.hasReport ? response.headers : EMPTY_HEADERS);
    } catch (error) {
      abandonResponse(response, () => this.abortAttempt(error as InvalidResponseError));
      return;
    }
    response.on('error', (error) => {
      if (!downstream.response.destroyed) loop.onResponseError(describeError(error));
    });
  }

  /** The attempt failed before its response began. */
  onError(error: Error): void {
    const { body, loop, upstream } = this;
    const { response } = this.downstream;
    if (response.headersSent || response.destroyed || !loop.isAttempting) return;
    // At once: what arrives while the next attempt is prepared may pass the limit, and belongs to it all the same.
    body?.rewind();
    loop.onAttemptError(this.abortedBy ?? error, upstream?.reusedSocket === true);
  }

  /** The response has arrived whole. */
  private onComplete(): void {
    this.loop.exchange.completeAttempt();
    if (!this.downstream.request.complete) this.body?.discard();
  }

  private collectHeaders(): string[] {
    const { request } = this.downstream;
    const added = { connection: 'keep-alive', requestId: this.details.requestId };
    const headers = this.context.requestHeaders.of(request, this.head, added);
    if (this.lacksHost) removeField(headers, 'host');
    if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
    return headers;
  }
}
