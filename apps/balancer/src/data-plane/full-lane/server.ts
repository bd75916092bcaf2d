// Node's HTTP server in front of the full lane: reads requests from the connections it is given, or that it accepts
// itself, and hands each to its lane.
import { ServerResponse, createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { FullLane } from './lane.js';
import { ClientConnections } from './client-connections.js';
import { endWithError } from '../headers/error-response.js';
import { ProxiedRequest } from './proxied-request.js';
import { UpgradeLane, isUpgradeFollowed } from '../upgrade/upgrade-lane.js';

/** How often Node looks for clients that take too long to send their head. */
const CONNECTIONS_CHECK_MS = 1000;

@Injectable()
export class FullLaneServer {
  readonly server: Server;
  readonly connections = new ClientConnections();
  private readonly logger = new Logger('DataPlane');

  constructor(
    private readonly fullLane: FullLane,
    private readonly upgradeLane: UpgradeLane,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.server = createServer<typeof ProxiedRequest, typeof ServerResponse<ProxiedRequest>>({
      IncomingMessage: ProxiedRequest,
      ServerResponse,
      headersTimeout: config.CLIENT_HEADER_TIMEOUT_SECONDS * 1000,
      // A body may take as long as it moves: the exchange watches that.
      requestTimeout: 0,
      keepAliveTimeout: config.CLIENT_KEEP_ALIVE_SECONDS * 1000,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      maxHeaderSize: config.MAX_HEADER_BYTES,
      noDelay: true,
      // No stream is made ready for a body that is not there.
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: isUpgradeFollowed,
    });
    const serve = (request: ProxiedRequest, response: ServerResponse<ProxiedRequest>) => {
      this.connections.enqueue(request.socket, response, () => fullLane.handle(request, response));
    };
    this.server.on('connection', (socket) => this.connections.add(socket));
    this.server.on('request', serve);
    // The backend decides about `Expect: 100-continue`, not this server (RFC 9110 §10.1.1).
    this.server.on('checkContinue', serve);
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket as Socket, head));
    this.server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      endWithError(socket, 405, 'CONNECT is not allowed here');
    });
  }

  /** Begins to watch the time that connections take which somebody else accepted: Node does so once a server listens. */
  watchAdopted(): void {
    this.server.emit('listening');
  }

  /** Takes over a connection that somebody else accepted. */
  adopt(socket: Socket): void {
    this.server.emit('connection', socket);
  }

  /** Ends upgraded connections: there is no telling when they would end by themselves. */
  closeUpgraded(): void {
    if (this.upgradeLane.openCount === 0) return;
    this.logger.log(`closed ${this.upgradeLane.openCount} upgraded connections`);
    this.upgradeLane.close();
  }

  /** Closes what is left, idle connections to backends too. */
  close(): void {
    this.server.closeAllConnections();
    this.fullLane.close();
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Pipelined behind a request that is still being answered: there is no telling where its answer ends.
    if (this.connections.isResponding(socket)) socket.destroy();
    else void this.upgradeLane.handle(request, socket, head);
  }
}
