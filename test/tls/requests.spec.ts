// Requests over TLS in each lane, and what their backends receive.
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { get, lastGet, upgradeTo } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { metricsOf } from '../support/metrics.js';
import { receivedUntil, sendRaw } from '../support/raw-client.js';
import { anAuthority, openSecure, sendSecure, startSecureBalancer } from '../support/tls.js';
import { echoUpstream, httpUpstream, join } from '../support/upstreams.js';

/** What moves a request to the full lane, and what leaves it in the fast one. */
const LANES = [
  ['the fast lane', []],
  ['the full lane', ['TE: trailers']],
] as const;

const LARGE = 'x'.repeat(3_000_000);

describe.each(LANES)('a request over TLS in %s', (_lane, more) => {
  const serving = shared(async (atEnd) => {
    const heads: IncomingHttpHeaders[] = [];
    const balancer = await startSecureBalancer({ DATA_PLANE_THREADS: '2' }, atEnd);
    const { port } = await httpUpstream((request, response) => {
      heads.push(request.headers);
      if (request.url === '/large') response.end(LARGE);
      else void text(request).then((body) => response.end(body));
    }, atEnd);
    await join(balancer, 'a', port);
    return { balancer, heads };
  });

  it('is served on a connection that is kept', async () => {
    const socket = await openSecure(serving.current.balancer);
    for (let i = 0; i < 5; i++) {
      const response = receivedUntil(socket, '\r\n\r\n');
      socket.write(get('/', ...more));
      expect(await response).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it('has its body, and a large response, byte for byte', async () => {
    const { balancer } = serving.current;
    const body = 'y'.repeat(500_000);
    const post = `POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${body.length}\r\n`;
    const echoed = await sendSecure(balancer, [post, ...more.map((line) => `${line}\r\n`), '\r\n', body].join(''));
    expect(bodyIn(echoed) === body).toBe(true);
    const large = await sendSecure(balancer, lastGet('/large', ...more));
    expect(bodyIn(large).includes(LARGE)).toBe(true);
  });

  it('is forwarded with its scheme', async () => {
    const { balancer, heads } = serving.current;
    await sendSecure(balancer, lastGet('/', 'X-Forwarded-Proto: http', 'X-Client-Cert-Subject: CN=root', ...more));
    const { 'x-forwarded-proto': scheme, forwarded, 'x-client-cert-subject': subject } = heads.at(-1) ?? {};
    expect([scheme, forwarded, subject]).toEqual(['https', 'for=127.0.0.1;host=example.org;proto=https', undefined]);
  });

  it('may be pipelined, even in the packet that ends the handshake', async () => {
    const all = await sendSecure(serving.current.balancer, get('/', ...more).repeat(20) + lastGet('/', ...more));
    expect(all.split('HTTP/1.1 200 ')).toHaveLength(22);
  });
});

/** What follows the head. */
function bodyIn(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

it('an upgrade over TLS is served', async () => {
  const balancer = await startSecureBalancer();
  await join(balancer, 'a', (await echoUpstream()).port);
  const socket = await openSecure(balancer);
  const switched = receivedUntil(socket, 'hello');
  socket.write(upgradeTo('echo') + 'hello');
  expect(await switched).toMatch(/^HTTP\/1\.1 101 [^]*hello$/);
});

describe('a client certificate', () => {
  const serving = shared(async (atEnd) => {
    const authority = await anAuthority(atEnd);
    const stranger = await anAuthority(atEnd);
    const [good, revoked] = [
      await authority.issue('good', ['client'], { subject: 'CN=Zoë,O=Example' }),
      await authority.issue('revoked', ['client']),
    ];
    const unknown = await stranger.issue('unknown', ['client']);
    const env = {
      TLS_CLIENT_CERTIFICATES: 'request',
      TLS_CLIENT_CA_FILE: authority.file,
      TLS_CLIENT_CRL_FILE: await authority.revoke('list', revoked),
    };
    const balancer = await startSecureBalancer(env, atEnd, authority);
    const subjects: unknown[] = [];
    const { port } = await httpUpstream(({ headers }, response) => {
      subjects.push(headers['x-client-cert-subject']);
      response.end('served');
    }, atEnd);
    await join(balancer, 'a', port);
    return { balancer, subjects, good, revoked, unknown, env, authority, port };
  });

  it.each(LANES)('is verified, and its subject is forwarded in %s, whatever a client writes', async (_, more) => {
    const { balancer, subjects, good } = serving.current;
    const request = lastGet('/', 'X-Client-Cert-Subject: CN=root', ...more);
    expect(await sendSecure(balancer, request, { cert: good.certificate, key: good.key })).toMatch(/served$/);
    expect(await sendSecure(balancer, request)).toMatch(/served$/);
    expect(await sendRaw(balancer.port, request)).toMatch(/served$/);
    expect(subjects.slice(-3)).toEqual([String.raw`O=Example,CN=Zo\C3\AB`, undefined, undefined]);
  });

  it.each(['revoked', 'unknown'] as const)('is refused when it is %s', async (which) => {
    const { balancer, [which]: issued, subjects } = serving.current;
    const before = subjects.length;
    const options: ConnectionOptions = { cert: issued.certificate, key: issued.key };
    expect(await sendSecure(balancer, lastGet(), options).catch(() => '')).toBe('');
    expect(subjects.length).toBe(before);
  });

  it('is needed where it is required', async () => {
    const { env, authority, good, port } = serving.current;
    const pem = serving.current.balancer.trust.ca as string;
    const given = Object.assign(authority, { pem });
    const balancer = await startSecureBalancer({ ...env, TLS_CLIENT_CERTIFICATES: 'require' }, undefined, given);
    await join(balancer, 'a', port);
    expect(await sendSecure(balancer, lastGet()).catch(() => '')).toBe('');
    expect(await sendSecure(balancer, lastGet(), { cert: good.certificate, key: good.key })).toMatch(/served$/);
  });
});

describe('limits over TLS', () => {
  it('a client with too many connections is closed before its handshake, and both ports share the limit', async () => {
    const balancer = await startSecureBalancer({ TRAFFIC_LIMITS: '{"perClient": {"connections": 2}}' });
    await openSecure(balancer);
    await openSecure(balancer);
    await expect(openSecure(balancer)).rejects.toThrow();
    expect(await sendRaw(balancer.port, lastGet())).toMatch(/^HTTP\/1\.1 429 /);
  });

  it('a PROXY header comes before the handshake', async () => {
    const balancer = await startSecureBalancer({ PROXY_PROTOCOL: 'on', TRUSTED_PROXIES: 'loopback' });
    const seen: unknown[] = [];
    const { port } = await httpUpstream(({ headers }, response) => {
      seen.push(headers['x-forwarded-for'], headers['x-forwarded-proto']);
      response.end('served');
    });
    await join(balancer, 'a', port);
    const transport = connect(balancer.tlsPort, '127.0.0.1');
    transport.write('PROXY TCP4 192.0.2.7 127.0.0.1 1000 443\r\n');
    expect(await sendSecure(balancer, lastGet(), { socket: transport })).toMatch(/served$/);
    expect(seen).toEqual(['192.0.2.7', 'https']);
    expect((await metricsOf(balancer)).fleet.inFlight).toBe(0);
  });
});

describe('HSTS_SECONDS', () => {
  it('adds Strict-Transport-Security to responses over TLS, in each lane', async () => {
    const balancer = await startSecureBalancer({ HSTS_SECONDS: '3600' });
    const { port } = await httpUpstream((_, response) => response.end('served'));
    await join(balancer, 'a', port);
    const header = /\r\nStrict-Transport-Security: max-age=3600\r\n/i;
    for (const [, more] of LANES) {
      expect(await sendSecure(balancer, lastGet('/', ...more))).toMatch(header);
      expect(await sendRaw(balancer.port, lastGet('/', ...more))).not.toMatch(header);
    }
    const socket = await openSecure(balancer);
    const refused = receivedUntil(socket, 'served');
    socket.write(upgradeTo('echo'));
    expect(await refused).toMatch(header);
  });
});

describe('HTTPS_REDIRECT_PORT', () => {
  it.each(LANES)('redirects requests without TLS, in %s, and serves those over TLS', async (_, more) => {
    const balancer = await startSecureBalancer({ HTTPS_REDIRECT_PORT: '8443', TRUSTED_PROXIES: '127.0.0.2' });
    const { port } = await httpUpstream((_request, response) => response.end('served'));
    await join(balancer, 'a', port);
    expect(await sendRaw(balancer.port, lastGet('/a?b=c', ...more))).toMatch(
      /^HTTP\/1\.1 308 [^]*location: https:\/\/example\.org:8443\/a\?b=c\r\n/,
    );
    expect(await sendSecure(balancer, lastGet('/', ...more))).toMatch(/served$/);
    const forwarded = lastGet('/', 'X-Forwarded-Proto: https', ...more);
    expect(await sendRaw(balancer.port, forwarded, '127.0.0.2')).toMatch(/served$/);
    expect(await sendRaw(balancer.port, forwarded)).toMatch(/^HTTP\/1\.1 308 /);
  });
});
