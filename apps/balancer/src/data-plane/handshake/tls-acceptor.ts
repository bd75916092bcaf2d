// Makes the TLS handshake of each connection on the TLS port, before a lane reads from it.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LoadTable, type ThreadCounts } from '@fairlead/scheduling';
import { closeFailed, USE_HTTPS } from '@fairlead/tls';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { ServerCredentials } from '../../tls/server-credentials.js';
import { lastErrorText } from '../headers/error-response.js';
import { DeadlineClock } from '../io/deadline-clock.js';
import { SharedBufferSocket } from '../io/shared-read-buffer.js';
import { transportOf } from '../io/transport.js';
import { PendingHandshakes } from './pending-handshakes.js';
import { SecureServer } from './secure-server.js';

/** Takes over a connection, and the bytes that were already read from it. */
type Deliver = (client: SharedBufferSocket, unread: Buffer | undefined) => void;

@Injectable()
export class TlsAcceptor {
  private readonly secure: SecureServer | undefined;
  private readonly pending: PendingHandshakes;
  private readonly counts: ThreadCounts;
  private readonly requiresName: boolean;
  private readonly verifiesClients: boolean;
  private deliver: Deliver = () => {};

  constructor(
    credentials: ServerCredentials,
    clock: DeadlineClock,
    loads: LoadTable,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const { TLS_MAX_HANDSHAKES, TLS_HANDSHAKE_TIMEOUT_SECONDS, TLS_STRICT_SNI } = config;
    const maxHandshakes = Math.ceil(TLS_MAX_HANDSHAKES / Math.max(1, config.DATA_PLANE_THREADS));
    const { counts } = loads.own;
    this.counts = counts;
    this.pending = new PendingHandshakes(
      maxHandshakes,
      TLS_HANDSHAKE_TIMEOUT_SECONDS * 1000,
      clock,
      () => void counts.tlsHandshakeErrors++,
    );
    this.requiresName = TLS_STRICT_SNI;
    this.verifiesClients = config.TLS_CLIENT_CERTIFICATES !== 'off';
    if (!credentials.material) return;
    const policy = {
      minVersion: config.TLS_MIN_VERSION,
      clientCertificates: config.TLS_CLIENT_CERTIFICATES,
      sessionSeconds: config.TLS_SESSION_SECONDS,
    };
    const secure = new SecureServer(credentials.material, policy, TLS_STRICT_SNI);
    secure.server.on('secureConnection', (socket) => this.onSecure(socket));
    secure.server.on('tlsClientError', (error, socket) => closeFailed(socket, error, lastErrorText(400, USE_HTTPS)));
    credentials.onChange((material) => secure.replace(material));
    this.secure = secure;
  }

  /** Delivers connections with a complete handshake to a lane from now on. */
  start(deliver: Deliver): void {
    this.deliver = deliver;
  }

  /** Makes the handshake of a connection that was accepted. `unread`: the bytes that were already read from it. */
  accept(connection: Socket, unread: Buffer | undefined): void {
    this.pending.add(connection);
    // An error event without a listener would end the process.
    connection.on('error', () => connection.destroy());
    // A client that ends its side has gone away.
    connection.allowHalfOpen = false;
    if (unread) connection.unshift(unread);
    this.secure?.server.emit('connection', connection);
  }

  /** Closes the connections whose handshake is not complete. */
  closeWaiting(): void {
    this.pending.destroyAll();
  }

  private onSecure(socket: TLSSocket): void {
    this.pending.remove(transportOf(socket));
    if (!this.isAcceptable(socket)) {
      this.counts.tlsHandshakeErrors++;
      socket.destroy();
      return;
    }
    socket.allowHalfOpen = true;
    this.counts.tlsHandshakes++;
    if (socket.isSessionReused()) this.counts.tlsResumptions++;
    const client = SharedBufferSocket.secured(socket);
    this.deliver(client, (socket.read() as Buffer | null) ?? undefined);
  }

  /** Whether the client asked for a name, if it has to, and its certificate was verified, if it has one. */
  private isAcceptable(socket: TLSSocket): boolean {
    if (this.requiresName && !socket.servername) return false;
    return !this.verifiesClients || socket.authorized || socket.getPeerX509Certificate() === undefined;
  }
}
