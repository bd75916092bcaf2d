// Step 1 of a request: accepts clients, gives each to its lane, and closes in order.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoadTable, type ThreadCounts } from '@fairlead/scheduling';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { ThreadGauges } from '../metrics/thread-gauges.js';
import { ClientPatrol } from './exchange/client-patrol.js';
import { FastLane } from './fast-lane/lane.js';
import { FullLaneServer } from './full-lane/server.js';
import { LingeringClose } from './io/lingering-close.js';
import { SharedBufferSocket } from './io/shared-read-buffer.js';
import { defaultMaxConnections } from './limits/connection-limit.js';
import { ConnectionGate } from './limits/connection-gate.js';
import { ProxyProtocol } from './request/proxy-protocol.js';
import { TlsAcceptor } from './handshake/tls-acceptor.js';
import { RequestReader } from './request/request-reader.js';
import { UpgradeLane } from './upgrade/upgrade-lane.js';

/** Connections that wait to be accepted; Linux caps it at net.core.somaxconn. */
const BACKLOG = 1024;

/** TCP probes a silent client after this long, so that a client that vanished is noticed. Milliseconds. */
const TCP_PROBE_AFTER_MS = 60_000;

/** Half open, as in Node's HTTP server. Nothing is read before a lane takes over. */
const CLIENT_SOCKETS = {
  noDelay: true,
  allowHalfOpen: true,
  pauseOnConnect: true,
  keepAlive: true,
  keepAliveInitialDelay: TCP_PROBE_AFTER_MS,
};

/** Where clients are accepted: at an address, alone or sharing it with others, or on a socket that is bound already. */
export type ListenAddress =
  { readonly host: string; readonly port: number; readonly reusePort?: boolean } | { readonly fd: number };

/** A value for the plain port, and one for the TLS port if there is one. */
export interface EachPort<Value> {
  readonly plain: Value;
  readonly tls?: Value | undefined;
}

/** A value for each of both ports. */
export interface BothPorts<Value> extends EachPort<Value> {
  readonly tls: Value;
}

/** Takes over a connection, and the bytes that were already read from it. */
type Enter = (client: SharedBufferSocket, unread: Buffer | undefined) => void;

@Injectable()
export class Listener {
  private readonly logger = new Logger('DataPlane');
  private readonly servers: BothPorts<Server>;
  private readonly counts: ThreadCounts;
  private readonly maxConnections: number;
  /** Connections of both ports. */
  private open = 0;
  private isClosing = false;

  constructor(
    private readonly fastLane: FastLane,
    private readonly fullLane: FullLaneServer,
    private readonly upgradeLane: UpgradeLane,
    private readonly patrol: ClientPatrol,
    private readonly lingering: LingeringClose,
    private readonly proxyProtocol: ProxyProtocol,
    private readonly requests: RequestReader,
    private readonly gate: ConnectionGate,
    private readonly handshakes: TlsAcceptor,
    private readonly gauges: ThreadGauges,
    table: LoadTable,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.counts = table.own.counts;
    const enter = this.firstLane();
    handshakes.start(enter);
    const plain = createServer(CLIENT_SOCKETS, (socket) => this.accept(socket, enter));
    const tls = createServer(CLIENT_SOCKETS, (socket) => this.acceptForHandshake(socket));
    this.servers = { plain, tls };
    fullLane.handleUpgrades((request, connection) => upgradeLane.handle(request, connection));
    const threads = Math.max(1, config.DATA_PLANE_THREADS);
    const maxConnections =
      (config.MAX_CLIENT_CONNECTIONS ?? defaultMaxConnections(config.CONTROL_PLANE_MAX_CONNECTIONS)) / threads;
    this.maxConnections = Math.max(1, Math.floor(maxConnections));
    // More are closed as they arrive, so that descriptors are left for backends.
    for (const server of [plain, tls]) if (maxConnections < Infinity) server.maxConnections = this.maxConnections;
  }

  /** Whether clients should be sent here: they are accepted, and the listener is not closing. */
  get isReady(): boolean {
    return this.servers.plain.listening && !this.isClosing;
  }

  /** Accepts clients from now on. Returns where. */
  async listen(where: EachPort<ListenAddress>): Promise<EachPort<AddressInfo>> {
    this.patrol.start();
    const { plain, tls } = this.servers;
    this.gauges.start([plain, tls]);
    return { plain: await bind(plain, where.plain), tls: where.tls && (await bind(tls, where.tls)) };
  }

  /**
   * Goes out of service in order. First it is not ready, but accepts clients for as long as those who check its readiness
   * need to notice; then it accepts none. Idle connections are kept a little longer, for requests that are on their way.
   * What is in flight is waited for as long as is configured, then cut.
   */
  async close(): Promise<void> {
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_IDLE_SECONDS, SHUTDOWN_TIMEOUT_SECONDS } = this.config;
    this.isClosing = true;
    const servers = [this.servers.plain, this.servers.tls].filter(({ listening }) => listening);
    if (servers.length === 0) return;
    const held = [this.fastLane, this.fullLane.connections];
    for (const connections of held) connections.announceClose();
    if (SHUTDOWN_DELAY_SECONDS > 0) await sleep(SHUTDOWN_DELAY_SECONDS * 1000);
    const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    const idleSeconds = Math.min(SHUTDOWN_IDLE_SECONDS, SHUTDOWN_TIMEOUT_SECONDS);
    const idle = setTimeout(() => {
      this.proxyProtocol.closeWaiting();
      this.handshakes.closeWaiting();
      for (const connections of held) connections.closeIdle();
    }, idleSeconds * 1000);
    const deadline = setTimeout(() => {
      this.logger.warn(`cut what was still in flight after ${SHUTDOWN_TIMEOUT_SECONDS} s`);
      for (const connections of [...held, this.lingering]) connections.destroyAll();
    }, SHUTDOWN_TIMEOUT_SECONDS * 1000);
    this.upgradeLane.close();
    await closed;
    clearTimeout(idle);
    clearTimeout(deadline);
    this.patrol.stop();
    this.gauges.stop();
    this.fullLane.close();
    this.fastLane.close();
  }

  /**
   * Lets a client enter that is within its limits, once the PROXY header of its connection is read if it has to have one. The
   * connections of a trusted proxy are not limited.
   */
  private accept(socket: Socket, enter: Enter): void {
    const { gate, proxyProtocol, requests } = this;
    const client = SharedBufferSocket.takeOver(socket);
    const admit: Enter = (admitted, unread) => {
      const { address, isProxy } = requests.peerOf(admitted.socket);
      if (isProxy || gate.admits(admitted, address)) enter(admitted, unread);
    };
    this.counts.accepted++;
    if (!this.hasRoomFor(client.socket)) client.socket.destroy();
    else if (proxyProtocol.isOn) proxyProtocol.receive(client, admit);
    else admit(client, undefined);
  }

  /** The same on the TLS port, where the accepted socket is kept: TLS takes over what it reads. */
  private acceptForHandshake(socket: Socket): void {
    const { gate, handshakes, proxyProtocol, requests } = this;
    const admit = (connection: Socket, unread: Buffer | undefined) => {
      const { address, isProxy } = requests.peerOf(connection);
      if (isProxy || gate.admitsHandshake(connection, address)) handshakes.accept(connection, unread);
    };
    this.counts.accepted++;
    if (!this.hasRoomFor(socket)) socket.destroy();
    else if (proxyProtocol.isOn) {
      proxyProtocol.receive(SharedBufferSocket.takeOver(socket), (client, unread) => {
        client.release();
        client.socket.pause();
        admit(client.socket, unread);
      });
    } else admit(socket, undefined);
  }

  /** Counts a connection if the limit of both ports together allows it. `server.maxConnections` limits a single port. */
  private hasRoomFor(socket: Socket): boolean {
    if (this.config.DATA_PLANE_TLS_PORT === undefined) return true;
    if (this.open >= this.maxConnections) return false;
    this.open++;
    socket.once('close', () => this.open--);
    return true;
  }

  private firstLane(): Enter {
    const toFullLane: Enter = (client, unread) => this.fullLane.adopt(client, unread);
    if (this.config.FAST_LANE === 'off') return toFullLane;
    this.fastLane.start(toFullLane);
    return (client, unread) => this.fastLane.accept(client, unread);
  }
}

async function bind(server: Server, where: ListenAddress): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, BACKLOG, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server.address() as AddressInfo;
}

/** Returns the ports of the addresses at which clients are accepted. @throws {Error} while there are none. */
export function portsOf(addresses: EachPort<AddressInfo> | undefined): EachPort<number> {
  if (!addresses) throw new Error('the data plane does not listen yet');
  return { plain: addresses.plain.port, tls: addresses.tls?.port };
}

/** Logs where clients are accepted. The plain port comes last: once it is in the log, all ports accept clients. */
export function logListening(logger: Logger, { plain, tls }: EachPort<AddressInfo>): void {
  if (tls) logger.log({ host: tls.address, port: tls.port }, 'TLS port listening');
  logger.log({ host: plain.address, port: plain.port }, 'data plane listening');
}
