// The data plane's own HTTP server: accepts clients, hands each request to its lane, and closes in order.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { FullLane } from './full-lane.js';
import { OpenConnections } from './open-connections.js';
import { endWithProblem } from './problem-response.js';
import { UpgradeLane, isUpgradeFollowed } from './upgrade-lane.js';

/** How often Node looks for clients that take too long to send their head. */
const CONNECTIONS_CHECK_MS = 1000;
/** Connections that wait to be accepted; Linux caps it at net.core.somaxconn. */
const BACKLOG = 1024;

/** Where clients are accepted: at an address, alone or beside others, or on a socket that is bound already. */
export type ListenAddress =
  { readonly host: string; readonly port: number; readonly reusePort?: boolean } | { readonly fd: number };

@Injectable()
export class ProxyServer {
  private readonly logger = new Logger('DataPlane');
  private readonly server: Server;
  private readonly connections = new OpenConnections();
  private isClosing = false;

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
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      this.connections.begin(request.socket, response);
      fullLane.handle(request, response);
    };
    this.server.on('connection', (socket) => this.connections.add(socket));
    this.server.on('request', serve);
    // The backend decides about `Expect: 100-continue`, not this server (RFC 9110 §10.1.1).
    this.server.on('checkContinue', serve);
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket as Socket, head));
    this.server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      endWithProblem(socket, 405, 'CONNECT is not allowed here');
    });
  }

  /** Whether clients should be sent here: they are accepted, and that will not end in a moment. */
  get isReady(): boolean {
    return this.server.listening && !this.isClosing;
  }

  /** The port clients are accepted on. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Accepts clients from now on. */
  async listen(where: ListenAddress): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ ...where, backlog: BACKLOG }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return this.server.address() as AddressInfo;
  }

  /**
   * Goes out of service in order: first it is not ready any more, while it goes on accepting for as long as whoever asks
   * for its readiness may need to hear of it; then it accepts nobody; idle connections are kept a little longer, for a
   * request that is on its way; what is in flight is waited for as long as is allowed, then cut.
   */
  async close(): Promise<void> {
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_IDLE_SECONDS, SHUTDOWN_TIMEOUT_SECONDS } = this.config;
    this.isClosing = true;
    if (!this.server.listening) return;
    this.connections.announceClose();
    if (SHUTDOWN_DELAY_SECONDS > 0) await sleep(SHUTDOWN_DELAY_SECONDS * 1000);
    // Not the HTTP server's own close, which cuts answers that are ended but not yet sent.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this.server, resolve));
    const idle = setTimeout(
      () => this.connections.closeIdle(),
      Math.min(SHUTDOWN_IDLE_SECONDS, SHUTDOWN_TIMEOUT_SECONDS) * 1000,
    );
    const deadline = setTimeout(() => {
      this.logger.warn(`cut what was still in flight after ${SHUTDOWN_TIMEOUT_SECONDS} s`);
      this.connections.destroyAll();
    }, SHUTDOWN_TIMEOUT_SECONDS * 1000);
    if (this.upgradeLane.openCount > 0) {
      this.logger.log(`closed ${this.upgradeLane.openCount} upgraded connections`);
      this.upgradeLane.close();
    }
    await closed;
    clearTimeout(idle);
    clearTimeout(deadline);
    this.server.closeAllConnections();
    this.fullLane.close();
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Pipelined behind a request that is still being answered: there is no telling where its answer ends.
    if (this.connections.isAnswering(socket)) socket.destroy();
    else void this.upgradeLane.handle(request, socket, head);
  }
}
