// Opens connections to backends, with TLS where their URL has https. The connection is one of Node's TLS sockets then,
// which is read and written as any other.
import { isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect, createSecureContext, TLSSocket, type ConnectionOptions, type SecureContext } from 'node:tls';
import { clientOptions } from '@fairlead/tls';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { backendAccess } from '../net/backend-access.js';
import type { BackendEndpoint } from '../net/backend-endpoint.js';
import { isHandshakeRefusal } from '../net/tls-error.js';
import { BackendCredentials } from './backend-credentials.js';

/** What a backend may speak within TLS (RFC 7301). */
const PROTOCOLS = ['http/1.1'];

/** How a connection is opened. */
export interface OpeningOptions extends Omit<TcpNetConnectOpts, 'host' | 'port'> {
  /**
   * Whether a session of before may be resumed, if there is one. The certificate of the backend is not verified again then.
   */
  readonly resume?: boolean;
}

/** The event of a connection that is open: the handshake of one with TLS is complete. */
export function openEventOf(socket: Socket): 'connect' | 'secureConnect' {
  return socket instanceof TLSSocket ? 'secureConnect' : 'connect';
}

@Injectable()
export class BackendConnector {
  /** The newest session of each backend, by `host:port`. */
  private readonly sessions: LRUCache<string, Buffer>;
  /** Made for the first connection with TLS: it takes time, and memory for all authorities. */
  private context: SecureContext | undefined;

  constructor(
    private readonly credentials: BackendCredentials,
    @Inject(balancerConfig.KEY) private readonly config: BalancerConfig,
  ) {
    this.sessions = new LRUCache({ max: config.MAX_BACKENDS });
    credentials.onChange(() => {
      this.context = undefined;
      // A session that is resumed is not verified again.
      this.sessions.clear();
    });
  }

  /**
   * Opens a connection. It fails with an error of `connect` where no backend may be, and when the handshake fails. See
   * {@link openEventOf}.
   */
  connect({ host, port, isSecure }: BackendEndpoint, { resume = true, ...options }: OpeningOptions = {}): Socket {
    const where = { ...options, host, port };
    if (!isSecure) return backendAccess.connect(where);
    return backendAccess.connect(where, (checked) => this.connectSecurely(checked, resume));
  }

  private connectSecurely(options: TcpNetConnectOpts, resume: boolean): TLSSocket {
    const { host = '', port } = options;
    const key = `${host}:${port}`;
    const secure: ConnectionOptions = {
      secureContext: this.contextNow(),
      servername: this.config.BACKEND_TLS_SERVER_NAME ?? serverNameOf(host),
      rejectUnauthorized: this.config.BACKEND_TLS_VERIFY,
      ALPNProtocols: PROTOCOLS,
      session: resume ? this.sessions.get(key) : undefined,
    };
    const socket = connect({ ...(options as ConnectionOptions), ...secure });
    const { context } = this;
    socket.on('session', (session) => {
      if (this.context === context) this.sessions.set(key, session);
    });
    // The first listener: all others see the error as one of `connect`.
    socket.on('error', (error) => markHandshakeError(socket, error));
    return socket;
  }

  private contextNow(): SecureContext {
    this.context ??= createSecureContext(clientOptions(this.credentials.material, this.config.BACKEND_TLS_MIN_VERSION));
    return this.context;
  }
}

/** Warns at the start when the certificates of backends are not verified. */
export function warnIfUnverified({ BACKEND_TLS_VERIFY: isVerified }: BalancerConfig): void {
  if (isVerified) return;
  new Logger('DataPlane').warn(
    'BACKEND_TLS_VERIFY=false: the certificates of backends are NOT verified, and anyone on the network can impersonate them',
  );
}

/** The name to ask for (SNI): a host name, without the dot at its end (RFC 6066 §3); none for an address. */
function serverNameOf(host: string): string | undefined {
  return isIP(host) === 0 ? host.replace(/\.$/, '') : undefined;
}

/** Nothing of a request was read by a backend with which the handshake failed: attempts treat that as a refused connection. */
function markHandshakeError(socket: TLSSocket, error: NodeJS.ErrnoException): void {
  const { code = '', syscall } = error;
  const isOpen = !isOpening(socket);
  if (syscall === 'getaddrinfo' || (isOpen && !isHandshakeRefusal(code))) return;
  error.syscall = 'connect';
}

/** Node-internal: whether the handshake is still to be completed. */
function isOpening(socket: TLSSocket): boolean {
  return (socket as TLSSocket & { readonly secureConnecting: boolean }).secureConnecting;
}
