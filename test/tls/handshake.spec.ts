// The TLS port: what is negotiated, which certificate a client gets, and which handshakes are refused.
import { once } from 'node:events';
import { connect as connectPlain, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { lastGet } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { until } from '../support/processes.js';
import { openSocket, received, sendRaw } from '../support/raw-client.js';
import { anAuthority, openSecure, sendSecure, startSecureBalancer, type SecureBalancer } from '../support/tls.js';
import { httpUpstream, join } from '../support/upstreams.js';

/** The value of a metric, with its labels as they are written. */
async function metricOf({ control }: SecureBalancer, name: string): Promise<number> {
  const text = await (await fetch(`${control}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}

const failed = (balancer: SecureBalancer) => metricOf(balancer, 'fairlead_tls_handshakes_total{outcome="failed"}');

describe('a handshake', () => {
  const serving = shared(async (atEnd) => {
    const authority = await anAuthority(atEnd);
    const other = await authority.issue('other', ['other.example', '*.wild.example']);
    const exact = await authority.issue('exact', ['exact.wild.example']);
    const main = await authority.issue('server', ['localhost']);
    const certificates = [main, other, exact];
    const balancer = await startSecureBalancer(
      {
        TLS_CERTIFICATE_FILES: certificates.map(({ certificateFile }) => certificateFile).join(', '),
        TLS_KEY_FILES: certificates.map(({ keyFile }) => keyFile).join(', '),
      },
      atEnd,
      authority,
    );
    const { port } = await httpUpstream((_, response) => response.end('served'), atEnd);
    await join(balancer, 'a', port);
    return balancer;
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is made with %s, and with ALPN', async (version) => {
    const socket = await openSecure(serving.current, { minVersion: version, maxVersion: version });
    expect([socket.getProtocol(), socket.alpnProtocol, socket.authorized]).toEqual([version, 'http/1.1', true]);
  });

  it('is made with a client that knows no ALPN', async () => {
    expect(await sendSecure(serving.current, lastGet(), { ALPNProtocols: undefined })).toMatch(/served$/);
  });

  it.each<[string, ConnectionOptions]>([
    ['an old version', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['a weak cipher', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }],
    ['a protocol that is not spoken here', { ALPNProtocols: ['h2'] }],
  ])('is refused with %s, and counted', async (_, options) => {
    const before = await failed(serving.current);
    await expect(openSecure(serving.current, options)).rejects.toThrow();
    await until('it to be counted', async () => (await failed(serving.current)) === before + 1);
  });

  it.each([
    ['localhost', 'server'],
    ['other.example', 'other'],
    ['OTHER.example', 'other'],
    ['a.wild.example', 'other'],
    ['exact.wild.example', 'exact'],
    ['a.b.wild.example', 'server'],
    ['unknown.example', 'server'],
  ])('for %s gets the certificate of %s', async (servername, name) => {
    const socket = await openSecure(serving.current, { servername, checkServerIdentity: () => undefined });
    expect(socket.getPeerCertificate().subject.CN).toBe(name);
  });

  it('resumes an earlier session', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version };
      const first = await openSecure(serving.current, options);
      const [session] = version === 'TLSv1.2' ? [first.getSession()] : ((await once(first, 'session')) as [Buffer]);
      const second = await openSecure(serving.current, { ...options, session });
      expect(second.isSessionReused()).toBe(true);
    }
    expect(await metricOf(serving.current, 'fairlead_tls_handshakes_total{outcome="resumed"}')).toBeGreaterThanOrEqual(
      2,
    );
  });

  it('cannot be repeated on the same connection (renegotiation)', async () => {
    const socket = await openSecure(serving.current, { maxVersion: 'TLSv1.2' });
    const failure = once(socket, 'error') as Promise<[Error]>;
    socket.renegotiate({}, () => {});
    socket.write(lastGet());
    expect((await failure)[0].message).toMatch(/no renegotiation/);
  });

  it('is required: a request in plain HTTP gets 400', async () => {
    expect(await sendRaw(serving.current.tlsPort, lastGet())).toMatch(
      /^HTTP\/1\.1 400 [^]*this port is for TLS: use https/,
    );
  });

  it('on the plain port is closed without a response, and counted', async () => {
    const { port } = serving.current;
    const socket = await openSocket(port);
    socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
    expect(await received(socket)).toBe('');
    expect(await metricOf(serving.current, 'fairlead_tls_on_plain_port_total')).toBe(1);
  });

  it('may be cut at any byte', async () => {
    const { tlsPort } = serving.current;
    const hello = await clientHello();
    const before = await failed(serving.current);
    const cuts = [1, 5, 6, hello.length - 1];
    for (const cut of cuts) {
      const socket = await openSocket(tlsPort);
      socket.end(hello.subarray(0, cut));
      await received(socket);
    }
    await until('all to be counted', async () => (await failed(serving.current)) === before + cuts.length);
  });
});

/** The first message of a TLS client. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: 'localhost' });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  server.close();
  return hello;
}

describe('with TLS_STRICT_SNI', () => {
  it('a handshake for an unknown name, or for none, is refused', async () => {
    const balancer = await startSecureBalancer({ TLS_STRICT_SNI: 'true' });
    await expect(openSecure(balancer, { servername: 'unknown.example' })).rejects.toThrow();
    expect((await openSecure(balancer, { servername: 'a.example.org' })).authorized).toBe(true);
    const nameless = { servername: '', checkServerIdentity: () => undefined };
    const outcome = await sendSecure(balancer, lastGet(), nameless).catch(() => 'refused');
    expect(['', 'refused']).toContain(outcome);
    expect(await failed(balancer)).toBe(2);
  });
});

describe('clients that do not complete their handshake', () => {
  it('are closed after the deadline, or when others need their place: 1,000 of them', async () => {
    const balancer = await startSecureBalancer({ TLS_MAX_HANDSHAKES: '100', TLS_HANDSHAKE_TIMEOUT_SECONDS: '2' });
    const { port } = await httpUpstream((_, response) => response.end('served'));
    await join(balancer, 'a', port);
    const slow: Socket[] = [];
    for (let round = 0; round < 20; round++) {
      const next = Array.from({ length: 50 }, () => connectPlain(balancer.tlsPort, '127.0.0.1').on('error', () => {}));
      await Promise.all(next.map((socket) => once(socket, 'connect')));
      slow.push(...next);
      expect(await sendSecure(balancer, lastGet())).toMatch(/served$/);
    }
    for (const socket of slow) if (!socket.destroyed) await once(socket.resume(), 'close');
    await until('all to be counted', async () => (await failed(balancer)) === slow.length);
  });
});
