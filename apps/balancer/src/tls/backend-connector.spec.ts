import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { ClientMaterial } from '@fairlead/tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type CertificateTraits } from '../../../../libs/tls/src/authority.fixture.js';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { failureKindOf } from '../data-plane/exchange/attempt-error.js';
import { resetConnection } from '../data-plane/io/transport.js';
import { BackendConnector, openEventOf } from './backend-connector.js';
import { BackendCredentials } from './backend-credentials.js';

let folder: string;
let authority: Authority;
let material: ClientMaterial;
const closers: (() => void)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-tls-'));
  authority = await Authority.create(folder);
  material = { authorities: readFileSync(authority.file, 'utf8'), certificate: undefined };
});
afterEach(() => closers.splice(0).forEach((close) => close()));
afterAll(() => rmSync(folder, { recursive: true }));

/** A server on 127.0.0.1, and what it has seen of its clients. */
async function aServer(hosts = ['localhost', '127.0.0.1'], traits: CertificateTraits = {}, options: TlsOptions = {}) {
  const { certificate, key } = await authority.issue('server', hosts, traits);
  const seen = { names: [] as unknown[], resumed: [] as boolean[], bytes: '', errors: [] as unknown[] };
  const server = createServer({ cert: certificate, key, ...options }, (socket) => {
    seen.names.push(socket.servername);
    seen.resumed.push(socket.isSessionReused());
    socket.on('data', (bytes) => (seen.bytes += String(bytes)));
    socket.on('error', (error: NodeJS.ErrnoException) => seen.errors.push(error.code));
    socket.write('hello');
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return { port: await portOf(server), seen };
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function aConnector(environment: Record<string, string> = {}, credentials = new BackendCredentials(material)) {
  return new BackendConnector(credentials, loadBalancerConfig(environment));
}

function open(connector: BackendConnector, port: number, host = 'localhost', resume = true): Socket {
  const socket = connector.connect({ host, port, isSecure: true }, { resume });
  closers.push(() => socket.destroy());
  return socket;
}

/** Opens a connection, and closes it once the server has sent everything, its sessions too. */
async function visit(connector: BackendConnector, port: number, host?: string, resume?: boolean): Promise<void> {
  const socket = open(connector, port, host, resume) as TLSSocket;
  const [session, hello] = [once(socket, 'session'), once(socket, 'data')];
  await once(socket, openEventOf(socket));
  if (!socket.isSessionReused()) await session;
  await hello;
  await turn();
  socket.destroy();
}

/** The error of a connection, to which a request is written at once. */
async function failureOf(socket: Socket): Promise<NodeJS.ErrnoException> {
  socket.write('request');
  let failure: NodeJS.ErrnoException | undefined;
  socket.on('error', (error) => (failure = error));
  socket.resume();
  await new Promise((resolve) => void socket.once('close', resolve));
  if (!failure) throw new Error('closed without an error');
  return failure;
}

describe('a connection with TLS', () => {
  it.each([
    ['localhost', {}, 'localhost'],
    ['127.0.0.1', {}, false],
    ['127.0.0.1', { BACKEND_TLS_SERVER_NAME: 'localhost' }, 'localhost'],
  ])('to %s with %j asks for the name %s', async (host, environment, name) => {
    const { port, seen } = await aServer();
    await visit(aConnector(environment), port, host);
    expect(seen.names).toEqual([name]);
  });

  it('resumes the newest session of its backend, unless it must not', async () => {
    const { port, seen } = await aServer();
    const connector = aConnector();
    for (const resume of [true, true, false, true]) await visit(connector, port, 'localhost', resume);
    expect(seen.resumed).toEqual([false, true, false, true]);
  });

  it('resumes no session of before when what it is made with was replaced', async () => {
    const { port, seen } = await aServer();
    const credentials = new BackendCredentials(material);
    const connector = aConnector({}, credentials);
    await visit(connector, port);
    credentials.replace({ ...material });
    await visit(connector, port);
    expect(seen.resumed).toEqual([false, false]);
  });

  it('is kept in mind for MAX_BACKENDS backends', async () => {
    const servers = [await aServer(), await aServer()];
    const connector = aConnector({ MAX_BACKENDS: '1' });
    for (const { port } of [...servers, ...servers]) await visit(connector, port);
    expect(servers.map(({ seen }) => seen.resumed)).toEqual([
      [false, false],
      [false, false],
    ]);
  });

  it('can be reset', async () => {
    const { port, seen } = await aServer();
    const socket = open(aConnector(), port);
    await once(socket, 'data');
    resetConnection(socket);
    await once(socket, 'close');
    await expect.poll(() => seen.errors).toEqual(['ECONNRESET']);
  });
});

describe('a handshake that fails', () => {
  it.each([
    ['the certificate has expired', ['localhost'], { validToDay: -0.5 }, 'CERT_HAS_EXPIRED'],
    ['the certificate is for another name', ['other'], {}, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('because %s is a connect failure, and nothing was sent', async (_, hosts, traits, code) => {
    const { port, seen } = await aServer(hosts, traits);
    const error = await failureOf(open(aConnector(), port));
    expect([error.code, failureKindOf(error), seen.bytes]).toEqual([code, 'connect-failed', '']);
  });

  it.each([
    ['reset', (socket: Socket) => socket.resetAndDestroy(), 'ECONNRESET'],
    ['closed', (socket: Socket) => socket.end(), 'ECONNRESET'],
    ['met with plain HTTP', (socket: Socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n'), 'EPROTO'],
  ])('because it is %s is a connect failure', async (_, respond, code) => {
    const port = await portOf(createTcpServer((socket) => void socket.once('data', () => respond(socket))));
    const error = await failureOf(open(aConnector(), port));
    expect([error.code, failureKindOf(error)]).toEqual([code, 'connect-failed']);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'because of a missing certificate, with %s, is a connect failure',
    async (maxVersion) => {
      const asking = { ca: material.authorities, requestCert: true, rejectUnauthorized: true, maxVersion };
      const { port, seen } = await aServer(undefined, undefined, asking);
      expect([failureKindOf(await failureOf(open(aConnector(), port))), seen.bytes]).toEqual(['connect-failed', '']);
    },
  );

  it('is not made where no backend may be', async () => {
    const error = await failureOf(open(aConnector(), 443, '169.254.169.254'));
    expect(failureKindOf(error)).toBe('connect-failed');
  });
});

it('an error of TLS on a connection that was open is a lost connection', () => {
  const error = Object.assign(new Error('bad record'), { code: 'ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC' });
  expect(failureKindOf(error)).toBe('connection-lost');
});
