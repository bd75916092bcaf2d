// Step 1 of a request: accepts clients, gives each to its lane, and closes in order.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { ClientPatrol } from './exchange/client-patrol.js';
import { FastLane } from './fast-lane/lane.js';
import { FullLaneServer } from './full-lane/server.js';
import { LingeringClose } from './io/lingering-close.js';
import { SharedBufferSocket } from './io/shared-read-buffer.js';
import { defaultMaxConnections } from './limits/connection-limit.js';
import { ConnectionGate } from './limits/connection-gate.js';
import { ProxyProtocol } from './request/proxy-protocol.js';
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

/** Takes over a connection, and what was read of it before. */
type Enter = (client: SharedBufferSocket, unread: Buffer | undefined) => void;

@Injectable()
export class Listener {
  private readonly logger = new Logger('DataPlane');
  private readonly server: Server;
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
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.server = createServer(CLIENT_SOCKETS, this.acceptor());
    fullLane.handleUpgrades((request, client, early) => upgradeLane.handle(request, client, early));
    const threads = Math.max(1, config.DATA_PLANE_THREADS);
    const maxConnections =
      (config.MAX_CLIENT_CONNECTIONS ?? defaultMaxConnections(config.CONTROL_PLANE_MAX_CONNECTIONS)) / threads;
    // More are closed as they arrive, so that descriptors are left for backends.
    if (maxConnections < Infinity) this.server.maxConnections = Math.max(1, Math.floor(maxConnections));
  }

  /** Whether clients should be sent here: they are accepted, and the listener is not closing. */
  get isReady(): boolean {
    return this.server.listening && !this.isClosing;
  }

  /** The port clients are accepted on. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Accepts clients from now on. */
  async listen(where: ListenAddress): Promise<AddressInfo> {
    this.patrol.start();
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(where, BACKLOG, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return this.server.address() as AddressInfo;
  }

  /**
   * Goes out of service in order. First it is not ready, but accepts clients for as long as those who check its readiness
   * need to notice; then it accepts none. Idle connections are kept a little longer, for requests that are on their way.
   * What is in flight is waited for as long as is configured, then cut.
   */
  async close(): Promise<void> {
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_IDLE_SECONDS, SHUTDOWN_TIMEOUT_SECONDS } = this.config;
    this.isClosing = true;
    if (!this.server.listening) return;
    const held = [this.fastLane, this.fullLane.connections];
    for (const connections of held) connections.announceClose();
    if (SHUTDOWN_DELAY_SECONDS > 0) await sleep(SHUTDOWN_DELAY_SECONDS * 1000);
    const closed = new Promise((resolve) => this.server.close(resolve));
    const idleSeconds = Math.min(SHUTDOWN_IDLE_SECONDS, SHUTDOWN_TIMEOUT_SECONDS);
    const idle = setTimeout(() => {
      this.proxyProtocol.closeWaiting();
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
    this.fullLane.close();
    this.fastLane.close();
  }

  /**
   * Gives each client that is within its limits to the first lane, once the PROXY header of its connection is read if it has
   * to have one. The connections of a trusted proxy are not limited.
   */
  private acceptor(): (socket: Socket) => void {
    const { gate, proxyProtocol, requests } = this;
    const enter = this.firstLane();
    const admit: Enter = (client, unread) => {
      const { address, isProxy } = requests.peerOf(client.socket);
      if (isProxy || gate.admits(client, address)) enter(client, unread);
    };
    if (!proxyProtocol.isOn) return (socket) => admit(new SharedBufferSocket(socket), undefined);
    return (socket) => proxyProtocol.receive(new SharedBufferSocket(socket), admit);
  }

  private firstLane(): Enter {
    const toFullLane: Enter = (client, unread) => this.fullLane.adopt(client, unread);
    if (this.config.FAST_LANE === 'off') return toFullLane;
    this.fastLane.start(toFullLane);
    return (client, unread) => this.fastLane.accept(client, unread);
  }
}
