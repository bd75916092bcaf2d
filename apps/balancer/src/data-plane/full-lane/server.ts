// Node's HTTP server in front of the full lane: reads requests from the connections it is given, and hands each to its lane.
import { ServerResponse, createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LoadTable } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { requestHeadLimits } from '../../config/traffic-limits.js';
import { lastErrorText } from '../headers/error-response.js';
import { LingeringClose } from '../io/lingering-close.js';
import type { ReleasedConnection } from '../io/released-connection.js';
import type { SharedBufferSocket } from '../io/shared-read-buffer.js';
import { RequestTable } from '../../metrics/request-table.js';
import { FramingRefusals } from '../request/refusal.js';
import { isUpgradeFollowed } from '../request/message-framing.js';
import { ClientConnections } from './client-connections.js';
import { FullLane } from './lane.js';
import { ProxiedRequest } from './middleware.js';

/** How often Node looks for clients that take too long to send their head. Milliseconds. */
const CONNECTIONS_CHECK_MS = 1000;

/** Serves a request whose upgrade is followed, on a connection that Node's server has left. */
export type UpgradeHandler = (request: IncomingMessage, connection: ReleasedConnection) => void;

@Injectable()
export class FullLaneServer {
  readonly connections: ClientConnections;
  private readonly server: Server;
  private upgradeHandler: UpgradeHandler = (_request, { client }) => client.socket.destroy();

  constructor(
    private readonly lane: FullLane,
    lingering: LingeringClose,
    loads: LoadTable,
    requests: RequestTable,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const head = requestHeadLimits(config);
    const { counts } = loads.own;
    const limits = {
      head,
      refusals: new FramingRefusals(head),
      maxRequests: config.MAX_REQUESTS_PER_CONNECTION,
      onRefused: (status: number, method = '') => requests.own.countRefusal(method, status),
      onTlsHello: () => void counts.tlsOnPlainPort++,
    };
    this.connections = new ClientConnections(limits, lingering);
    this.server = createServer<typeof ProxiedRequest, typeof ServerResponse<ProxiedRequest>>({
      IncomingMessage: ProxiedRequest,
      ServerResponse,
      headersTimeout: config.CLIENT_HEADER_TIMEOUT_SECONDS * 1000,
      // A body may take as long as its bytes move: the exchange sees to that.
      requestTimeout: 0,
      keepAliveTimeout: config.CLIENT_KEEP_ALIVE_SECONDS * 1000,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      maxHeaderSize: head.maxHeadBytes,
      // The lane refuses a request without one, and says why.
      requireHostHeader: false,
      // No stream is prepared for a body that is absent.
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: isUpgradeFollowed,
    });
    const serve = (request: ProxiedRequest, response: ServerResponse<ProxiedRequest>) => {
      this.connections.onRequest(request, response);
      lane.handle({ request, response, connection: this.connections.of(request.socket) });
    };
    this.server.on('request', serve);
    // The backend decides about `Expect: 100-continue`, not this server (RFC 9110 §10.1.1).
    this.server.on('checkContinue', serve);
    this.server.on('upgrade', (request, socket) => this.upgrade(request, socket as Socket));
    this.server.on('connect', (request: IncomingMessage, socket: Duplex) => {
      const { client } = this.connections.of(socket as Socket).release();
      const { accept } = request.headers;
      const fields = lane.refusalFields(request);
      requests.own.countRefusal('CONNECT', 405);
      lingering.endWith(client, lastErrorText(405, 'CONNECT is not allowed here', { fields, accept }));
    });
    this.server.on('clientError', (error, socket) => this.connections.of(socket as Socket).onServerError(error));
    // Node checks the timeouts of connections only once a server listens.
    this.server.emit('listening');
  }

  /** Hands upgrades to this handler from now on. */
  handleUpgrades(handler: UpgradeHandler): void {
    this.upgradeHandler = handler;
  }

  /** Takes over a connection that another server accepted, and the bytes of it that were read and not served. */
  adopt(client: SharedBufferSocket, unread?: Buffer): void {
    const connection = this.connections.add(client);
    this.server.emit('connection', client.socket);
    connection.onServed();
    if (unread) connection.receive(unread, unread.length);
  }

  /** Closes what is left, idle connections to backends too. */
  close(): void {
    this.server.closeAllConnections();
    this.lane.close();
  }

  private upgrade(request: IncomingMessage, socket: Socket): void {
    this.upgradeHandler(request, this.connections.of(socket).release());
  }
}
