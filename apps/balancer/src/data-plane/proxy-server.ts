// The data plane's own HTTP server: accepts clients, hands each request to its lane, and closes in order.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { FullLane } from './full-lane.js';
import { endWithProblem } from './problem-response.js';
import { UpgradeLane, isUpgradeFollowed } from './upgrade-lane.js';

/** How often Node looks for clients that take too long to send their head. */
const CONNECTIONS_CHECK_MS = 1000;

@Injectable()
export class ProxyServer {
  private readonly logger = new Logger('DataPlane');
  private readonly server: Server;

  constructor(
    private readonly fullLane: FullLane,
    private readonly upgradeLane: UpgradeLane,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.server = createServer({
      headersTimeout: config.CLIENT_HEADER_TIMEOUT_SECONDS * 1000,
      // A body may take as long as it moves: the exchange watches that.
      requestTimeout: 0,
      keepAliveTimeout: config.CLIENT_KEEP_ALIVE_SECONDS * 1000,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      maxHeaderSize: config.MAX_HEADER_BYTES,
      noDelay: true,
      shouldUpgradeCallback: isUpgradeFollowed,
    });
    this.server.on('request', (request, response) => fullLane.handle(request, response));
    // The backend decides about `Expect: 100-continue`, not this server (RFC 9110 §10.1.1).
    this.server.on('checkContinue', (request, response) => fullLane.handle(request, response));
    this.server.on('upgrade', (request, socket, head) => void upgradeLane.handle(request, socket, head));
    this.server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      endWithProblem(socket, 405, 'CONNECT is not allowed here');
    });
  }

  /** Whether clients are accepted. */
  get isListening(): boolean {
    return this.server.listening;
  }

  /** The port clients are accepted on. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    const { DATA_PLANE_HOST: host, DATA_PLANE_PORT: port } = this.config;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host, port, backlog: 1024 }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.logger.log({ host, port: this.port }, 'data plane listening');
  }

  /** Accepts nobody any more, waits for what is in flight as long as is allowed, then cuts what is left. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    // Whoever is being served is told that the connection ends with this answer.
    this.server.keepAliveTimeout = 1;
    const deadline = setTimeout(() => {
      this.logger.warn(`cut what was still in flight after ${this.config.SHUTDOWN_TIMEOUT_SECONDS} s`);
      this.server.closeAllConnections();
      this.upgradeLane.close();
    }, this.config.SHUTDOWN_TIMEOUT_SECONDS * 1000);
    if (this.upgradeLane.openCount > 0)
      this.logger.log(`${this.upgradeLane.openCount} upgraded connections are closed`);
    this.upgradeLane.close();
    await closed;
    clearTimeout(deadline);
    this.fullLane.close();
  }
}
