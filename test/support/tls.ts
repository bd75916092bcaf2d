// Certificates for tests, and balancers, clients and backends that speak TLS.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server as HttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Agent, fetch as fetchWith, type RequestInit, type Response } from 'undici';
import { onTestFinished } from 'vitest';
import { Authority, type IssuedCertificate } from '../../libs/tls/src/authority.fixture.js';
import { whenTestEnds, type AtEnd } from './lifetime.js';
import { startBalancer, type Balancer } from './processes.js';
import { received } from './raw-client.js';

/** An authority with a folder of its own. */
export async function anAuthority(atEnd: AtEnd = whenTestEnds): Promise<Authority & { readonly pem: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-tls-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  const authority = await Authority.create(folder);
  return Object.assign(authority, { pem: readFileSync(authority.file, 'utf8') });
}

/** The name in the certificate that a server on this machine gives to a new connection. */
export async function servedName(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

/** Sends a request on a connection of its own, to a server whose certificate is signed by the authority `ca`, in PEM. */
export async function fetchTrusting(ca: string, url: string, init: RequestInit = {}): Promise<Response> {
  const dispatcher = new Agent({ connect: { ca } });
  onTestFinished(() => dispatcher.destroy());
  return fetchWith(url, { ...init, dispatcher });
}

/** The variables of a certificate, which begin with `prefix`. */
export function certificateEnv(
  prefix: string,
  { certificateFile, keyFile }: IssuedCertificate,
): Record<string, string> {
  return { [`${prefix}_CERTIFICATE_FILE`]: certificateFile, [`${prefix}_KEY_FILE`]: keyFile };
}

/** A balancer with a TLS port. */
export interface SecureBalancer extends Balancer {
  readonly tlsPort: number;
  /** The authority that signed its certificates. */
  readonly authority: Authority;
  /** The options of a client that trusts it. */
  readonly trust: ConnectionOptions;
}

/** Starts a balancer that serves TLS with a certificate for localhost and `*.example.org`, which `env` may replace. */
export async function startSecureBalancer(
  env: Record<string, string> = {},
  atEnd: AtEnd = whenTestEnds,
  given?: Authority & { readonly pem: string },
): Promise<SecureBalancer> {
  const authority = given ?? (await anAuthority(atEnd));
  const { certificateFile, keyFile } = await authority.issue('server', ['localhost', '*.example.org']);
  const balancer = await startBalancer(
    { DATA_PLANE_TLS_PORT: '0', TLS_CERTIFICATE_FILES: certificateFile, TLS_KEY_FILES: keyFile, ...env },
    atEnd,
  );
  const { port } = await balancer.process.logged('TLS port listening');
  return { ...balancer, tlsPort: Number(port), authority, trust: { ca: authority.pem, servername: 'localhost' } };
}

/** Opens a connection; rejects when the handshake fails. It is closed when the test is over. */
export async function openSecure(
  { tlsPort, trust }: SecureBalancer,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connect({ port: tlsPort, host: '127.0.0.1', ALPNProtocols: ['http/1.1'], ...trust, ...options });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
}

/** Sends bytes, and returns all bytes that arrive until the other side closes. */
export async function sendSecure(
  balancer: SecureBalancer,
  bytes: string,
  options?: ConnectionOptions,
): Promise<string> {
  const socket = await openSecure(balancer, options);
  socket.write(bytes, 'latin1');
  return received(socket);
}

/** A backend with TLS, on localhost and 127.0.0.1. */
export interface SecureUpstream {
  readonly port: number;
  readonly url: string;
  readonly server: HttpsServer;
  /** Its side of each connection whose handshake is complete, in their order. */
  readonly connections: TLSSocket[];
  /** Whether each of them resumed a session. */
  readonly resumed: boolean[];
}

/** Serves https on a free port with a certificate; `options` may ask for one of the client. */
export async function secureUpstream(
  { certificate, key }: Pick<IssuedCertificate, 'certificate' | 'key'>,
  listener: RequestListener,
  options: ServerOptions = {},
  atEnd: AtEnd = whenTestEnds,
): Promise<SecureUpstream> {
  const server = createServer({ cert: certificate, key, ...options }, listener);
  const connections: TLSSocket[] = [];
  const resumed: boolean[] = [];
  server.on('secureConnection', (socket) => {
    connections.push(socket.on('error', () => {}));
    resumed.push(socket.isSessionReused());
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    connections.forEach((socket) => socket.destroy());
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `https://localhost:${port}`, server, connections, resumed };
}
