// http-proxy-middleware, and everything that works around it. It forwards each attempt; the exchange decides what to send,
// where to, and what a failure means (docs/decisions/0004). What it does by itself and this file undoes:
//
// - It builds its request from `request.headers`, of which it changes some, and joins the target to the backend's path in
//   its own way. It is shown no headers and `/`; target and header list are set when Node's client asks the agent for a
//   connection (`setHead`).
// - Node's client would choose a connection by the agent's rules. The agent of an attempt hands the request to the exchange.
// - It pipes the client's request to the backend. It is given a body that knows how to be piped more than once.
// - It adds listeners to request and response with each attempt.
// - It adds listeners to the server each time it is created, so it is created once and finds the attempt by the request.
// - After its `proxyRes` event it listens to the backend's response, and cuts the client's connection if that breaks off.
import { IncomingMessage, type Agent, type ClientRequest, type ServerResponse } from 'node:http';
import { Stream } from 'node:stream';
import { createProxyMiddleware, proxyEventsPlugin, type Options, type RequestHandler } from 'http-proxy-middleware';
import { requestAgent } from '../upstream/request-agent.js';
import type { UpstreamTarget } from '../upstream/upstream-address.js';

/** More listeners than an exchange has attempts. */
const MAX_LISTENERS = 100;

/** What one exchange asks of the middleware. The middleware calls back for the attempt that was forwarded last. */
export interface ForwardedRequest {
  /** Where the present attempt goes. */
  readonly target: UpstreamTarget;
  /** The target of the present attempt's request line. */
  readonly requestTarget: string;
  /** The raw header list of the present attempt. */
  readonly headers: readonly string[];
  /** Undefined for a request without a body. */
  readonly body: Stream | undefined;
  /** Node's client has created the request of an attempt: it needs a connection. */
  onUpstreamRequest(upstream: ClientRequest): void;
  /** The head of the backend's response has arrived. */
  onResponse(response: IncomingMessage): void;
  onError(error: Error): void;
}

/** A client's request, as Node's server creates it, with the exchange that it belongs to. */
export class ProxiedRequest extends IncomingMessage {
  forwarded: ForwardedRequest | undefined = undefined;
  agent: Agent | undefined = undefined;
}

/** Forwards attempts through http-proxy-middleware. */
export class Middleware {
  private readonly proxy: RequestHandler;

  constructor() {
    this.proxy = createProxyMiddleware({
      // Without its own logging and error responses.
      ejectPlugins: true,
      plugins: [proxyEventsPlugin],
      selfHandleResponse: true,
      // The router gets a copy of the options of its own for each attempt.
      router: (request, _response, options) => route(forwardedOf(request), request, options),
      on: {
        proxyRes: (response, request) => forwardedOf(request).onResponse(response),
        error: (error, request) => forwardedOf(request).onError(error),
        // The client closed its connection; the response's `close` reports it too.
        econnreset: () => {},
      },
    });
  }

  /** Prepares a request for its attempts. Reads of `request.headers` and `request.url` belong before this. */
  prepare(request: ProxiedRequest, response: ServerResponse, forwarded: ForwardedRequest): void {
    request.forwarded = forwarded;
    // Node's client would find a connection by itself otherwise.
    request.agent = requestAgent((upstream) => {
      setHead(upstream, forwarded);
      forwarded.onUpstreamRequest(upstream);
    }, true);
    request.headers = {};
    request.url = '/';
    request.setMaxListeners(MAX_LISTENERS);
    response.setMaxListeners(MAX_LISTENERS);
  }

  /** Makes an attempt. */
  forward(request: ProxiedRequest, response: ServerResponse): void {
    void this.proxy(request, response);
  }
}

/**
 * Calls `then` once the middleware has added its listeners to a response, and without them. What is left of the response
 * would be taken for the end of the next attempt, or would cut the client's connection.
 */
export function abandonResponse(response: IncomingMessage, then: () => void): void {
  process.nextTick(() => {
    response.removeAllListeners();
    then();
  });
}

function forwardedOf(request: IncomingMessage): ForwardedRequest {
  const forwarded = request instanceof ProxiedRequest ? request.forwarded : undefined;
  if (!forwarded) throw new Error('a request reached the middleware without an exchange');
  return forwarded;
}

/** A backend's address in the middleware's terms. */
type ProxyTarget = Exclude<NonNullable<Options['target']>, string | URL>;

function route({ target, body }: ForwardedRequest, request: IncomingMessage, options: Options): ProxyTarget {
  options.agent = (request as ProxiedRequest).agent;
  options.buffer = body ?? EMPTY_BODY;
  options.ssl = { ...REQUEST_OPTIONS };
  return { protocol: 'http:', hostname: target.host, port: String(target.port), pathname: '/' };
}

/** What the middleware pipes to the backend in place of a body. */
class EmptyBody extends Stream {
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    destination.end();
    return destination;
  }
}

const EMPTY_BODY = new EmptyBody();

/** The options of each request of the middleware: Node's client adds no header. */
const REQUEST_OPTIONS = { setDefaultHeaders: false };

/** Node-internal: sets the head of a request, of which nothing may have been set before. */
interface HeadlessRequest {
  _storeHeader(requestLine: string, headers: readonly string[]): void;
}

/**
 * Gives a request of Node's client, which has no headers yet, its target and its raw header list. Options could carry both,
 * but the middleware sets those; accessors that withstood it would slow down Node's client.
 */
function setHead(upstream: ClientRequest, { requestTarget, headers }: ForwardedRequest): void {
  upstream.path = requestTarget;
  const requestLine = `${upstream.method} ${requestTarget} HTTP/1.1\r\n`;
  (upstream as unknown as HeadlessRequest)._storeHeader(requestLine, headers);
}
