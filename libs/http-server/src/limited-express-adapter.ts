// Nest's Express adapter over a server that limits its connections and the time that each may take.
import { createServer, type Server } from 'node:http';
import type { TlsOptions } from 'node:tls';
import { ExpressAdapter } from '@nestjs/platform-express';
import { TlsOnlyServer } from './tls-only-server.js';

/** How long a client may take to send a head, and a request. An idle new connection counts as well. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node looks for connections beyond that time; its default is 30 s. */
const CHECK_INTERVAL_MS = 1_000;
/**
 * A client that reads nothing of a response for this long is disconnected, after twice that at the latest: Node's timer
 * starts again when something was sent meanwhile. An event stream must send something more often.
 */
const STALLED_TIMEOUT_MS = 15_000;

/**
 * An adapter for `NestFactory.create`. Connections beyond `maxConnections` are closed as they arrive. Unlike Nest's own, it always
 * closes open connections when the application closes (`forceCloseConnections`).
 */
export class LimitedExpressAdapter extends ExpressAdapter {
  /** @param tls the options of a server that speaks only https; undefined: plain HTTP. */
  constructor(
    private readonly maxConnections: number,
    private readonly tls?: TlsOptions,
  ) {
    super();
  }

  /** Called by Nest. */
  override initHttpServer(): void {
    const limits = {
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    };
    const app = this.getInstance();
    const server: Server = this.tls ? new TlsOnlyServer({ ...limits, ...this.tls }, app) : createServer(limits, app);
    server.timeout = STALLED_TIMEOUT_MS;
    server.maxConnections = this.maxConnections;
    makeRoom(server);
    this.httpServer = server;
  }

  /** Uses these TLS options for handshakes that begin from now on. Only for a server that speaks https. */
  replaceTls(tls: TlsOptions): void {
    (this.httpServer as Server as TlsOnlyServer).setSecureContext(tls);
  }

  /** Called by Nest. */
  override close() {
    (this.httpServer as Server).closeAllConnections();
    return super.close();
  }
}

/** Closes idle connections when the last place is taken, because each backend of a fleet may keep one open. */
function makeRoom(server: Server): void {
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
    if (open >= server.maxConnections) server.closeIdleConnections();
  });
}
