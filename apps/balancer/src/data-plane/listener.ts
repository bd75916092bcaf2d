// Step 1 of a request: accepts clients, gives each to its lane, and closes in order.
import { Server as NetServer, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { defaultMaxConnections } from './connection-limit.js';
import { FastLane } from './fast-lane/lane.js';
import { FullLaneServer } from './full-lane/server.js';
import { UpgradeLane } from './upgrade/upgrade-lane.js';

/** Connections that wait to be accepted; Linux caps it at net.core.somaxconn. */
const BACKLOG = 1024;

/** Where clients are accepted: at an address, alone or sharing it with others, or on a socket that is bound already. */
export type ListenAddress =
  { readonly host: string; readonly port: number; readonly reusePort?: boolean } | { readonly fd: number };

@Injectable()
export class Listener {
  private readonly logger = new Logger('DataPlane');
  private readonly server: NetServer;
  private isClosing = false;

  constructor(
    private readonly fastLane: FastLane,
    private readonly fullLane: FullLaneServer,
    private readonly upgradeLane: UpgradeLane,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.server = config.FAST_LANE === 'on' ? this.fastServer() : fullLane.server;
    fullLane.handleUpgrades((request, socket, head) => upgradeLane.handle(request, socket, head));
    const threads = Math.max(1, config.DATA_PLANE_THREADS);
    const maxConnections = (config.MAX_CLIENT_CONNECTIONS ?? defaultMaxConnections()) / threads;
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
    // Not the HTTP server's own close, which cuts responses that are ended but not sent yet.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this.server, resolve));
    const idleSeconds = Math.min(SHUTDOWN_IDLE_SECONDS, SHUTDOWN_TIMEOUT_SECONDS);
    const idle = setTimeout(() => held.forEach((connections) => connections.closeIdle()), idleSeconds * 1000);
    const deadline = setTimeout(() => {
      this.logger.warn(`cut what was still in flight after ${SHUTDOWN_TIMEOUT_SECONDS} s`);
      for (const connections of held) connections.destroyAll();
    }, SHUTDOWN_TIMEOUT_SECONDS * 1000);
    this.upgradeLane.close();
    await closed;
    clearTimeout(idle);
    clearTimeout(deadline);
    this.fullLane.close();
    this.fastLane.close();
  }

  /** Accepts for the fast lane, which hands on what it does not support. Half open, as Node's HTTP server does. */
  private fastServer(): NetServer {
    this.fullLane.watchAdopted();
    this.fastLane.start((socket) => this.fullLane.adopt(socket));
    const options = { noDelay: true, allowHalfOpen: true, pauseOnConnect: true };
    return createServer(options, (socket) => this.fastLane.accept(socket));
  }
}
