// Backends with https URLs: requests in each lane, pings, and what happens when a backend cannot be verified.
import { copyFileSync } from 'node:fs';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { FleetEvent } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { get, lastGet, request, switchTo, upgradeTo } from '../support/http-text.js';
import { reservePorts } from '../processes/ports.js';
import { shared } from '../support/lifetime.js';
import { eventsOf } from '../support/metrics.js';
import { backendIn, refusedStart, startBackend, startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { anAuthority, secureUpstream } from '../support/tls.js';
import { httpUpstream, join, register, tcpUpstream } from '../support/upstreams.js';

/** What moves a request to the full lane, and what leaves it in the fast one. */
const LANES = [
  ['the fast lane', []],
  ['the full lane', ['TE: trailers']],
] as const;

const LARGE = 'x'.repeat(3_000_000);
const RESOURCES = { compute: 10, storage: 10 };

const serve =
  (body: string): RequestListener =>
  (_, response) =>
    void response.end(body);

/** Registers a backend, which need not come up. */
async function add({ control }: Balancer, id: string, url: string, more: object = {}): Promise<void> {
  const response = await register(control, { id, url, resources: RESOURCES, ...more });
  if (!response.ok) throw new Error(await response.text());
}

/** Waits until pings of a backend have failed, and returns why, as the log says. */
async function whyDown({ control, process }: Balancer, id: string): Promise<string | undefined> {
  await backendIn(control, id, 'down');
  const find = () => process.lines.find(({ msg }) => msg?.startsWith(`${id}: `) === true && msg.includes('→ down'));
  await until('it to be logged', () => find() !== undefined);
  return /\((.*)\)$/.exec(find()?.msg ?? '')?.[1];
}

/** Serves what a request asks for: a large body, or the one that it sends. */
function recorder(heads: IncomingHttpHeaders[]): RequestListener {
  return (incoming, response) => {
    heads.push(incoming.headers);
    if (incoming.url === '/large') response.end(LARGE);
    else void text(incoming).then((body) => response.end(`served ${body}`));
  };
}

describe('a request to a backend with TLS', () => {
  const serving = shared(async (atEnd) => {
    const authority = await anAuthority(atEnd);
    const balancer = await startBalancer({ BACKEND_TLS_CA_FILE: authority.file }, atEnd);
    const heads: IncomingHttpHeaders[] = [];
    const issued = await authority.issue('backend', ['localhost']);
    const backend = await secureUpstream(issued, recorder(heads), { keepAliveTimeout: 60_000 }, atEnd);
    await join(balancer, 'a', backend.port, { url: backend.url, pingPath: '/health' });
    return { balancer, backend, heads };
  });

  it.each(LANES)('is sent on a connection that is kept, after a ping of the same backend, in %s', async (_, more) => {
    const { balancer, backend, heads } = serving.current;
    const pings = heads.length;
    expect(heads[0]).toMatchObject({ 'user-agent': 'fairlead-ping', host: `localhost:${backend.port}` });
    const before = backend.connections.length;
    const socket = await openSocket(balancer.port);
    for (let i = 0; i < 5; i++) {
      const response = receivedUntil(socket, 'served');
      socket.write(get('/', ...more));
      expect(await response).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(backend.connections.length - before).toBe(1);
    expect(heads.length - pings).toBe(5);
    expect(heads.at(-1)).toMatchObject({ 'x-forwarded-proto': 'http', host: 'example.org' });
  });

  it.each(LANES)('has its body, and a large response, byte for byte, in %s', async (_, more) => {
    const { port } = serving.current.balancer;
    const body = 'y'.repeat(500_000);
    const lines = ['Connection: close', `Content-Length: ${body.length}`, ...more];
    expect((await sendRaw(port, request('POST', '/', lines, body))).endsWith(`served ${body}`)).toBe(true);
    expect((await sendRaw(port, lastGet('/large', ...more))).includes(LARGE)).toBe(true);
  });

  it.each(LANES)('resumes the session of before on a new connection, in %s', async (_, more) => {
    const { balancer, backend } = serving.current;
    await sendRaw(balancer.port, lastGet('/', ...more));
    const before = backend.connections.length;
    backend.connections.forEach((socket) => socket.destroy());
    await until('a new connection', async () => {
      await sendRaw(balancer.port, lastGet('/', ...more));
      return backend.connections.length > before;
    });
    expect([backend.resumed[0], backend.resumed.at(-1)]).toEqual([false, true]);
  });
});

describe('an upgrade to a backend with TLS', () => {
  it('is joined to the client, and a client that is reset resets the backend', async () => {
    const authority = await anAuthority();
    const balancer = await startBalancer({ BACKEND_TLS_CA_FILE: authority.file });
    const backend = await secureUpstream(await authority.issue('backend', ['localhost']), serve('no upgrade'));
    const errors: unknown[] = [];
    backend.server.on('upgrade', ({ headers }, socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
      socket.write(switchTo(headers.upgrade ?? ''));
      socket.pipe(socket);
    });
    await join(balancer, 'a', backend.port, { url: backend.url });
    const socket = await openSocket(balancer.port);
    const switched = receivedUntil(socket, 'hello');
    socket.write(`${upgradeTo('echo')}hello`);
    expect(await switched).toMatch(/^HTTP\/1\.1 101 [^]*hello$/);
    socket.resetAndDestroy();
    await until('the backend to be reset', () => errors.includes('ECONNRESET'));
  });
});

describe('a backend that cannot be verified', () => {
  const serving = shared(async (atEnd) => {
    const authority = await anAuthority(atEnd);
    const env = { BACKEND_TLS_CA_FILE: authority.file, BACKEND_TLS_MIN_VERSION: 'TLSv1.3', MAX_BACKENDS: '64' };
    return { authority, balancer: await startBalancer({ ...env, PING_FALL: '1' }, atEnd) };
  });

  it.each([
    ['expired', ['localhost'], { validToDay: -0.5 }, 'its certificate has expired'],
    ['early', ['localhost'], { validFromDay: 1 }, 'its certificate is not valid yet'],
    ['other', ['other.example'], {}, 'its certificate is not for localhost'],
  ])('is down when its certificate is %s, and gets no request', async (name, hosts, traits, reason) => {
    const { authority, balancer } = serving.current;
    let requests = 0;
    const backend = await secureUpstream(await authority.issue(name, hosts, traits), () => requests++);
    await add(balancer, name, backend.url, { pingPath: '/health' });
    expect(await whyDown(balancer, name)).toBe(`ping failed: ${reason}`);
    expect(requests).toBe(0);
  });

  it('is down when its certificate has another address', async () => {
    const { authority, balancer } = serving.current;
    const good = await secureUpstream(await authority.issue('address', ['127.0.0.1']), serve('ok'));
    await join(balancer, 'address', good.port, { url: `https://127.0.0.1:${good.port}` });
    const bad = await secureUpstream(
      await authority.issue('address-of-another', ['127.0.0.9', 'localhost']),
      serve(''),
    );
    await add(balancer, 'another', `https://127.0.0.1:${bad.port}`);
    expect(await whyDown(balancer, 'another')).toBe('ping failed: its certificate is not for 127.0.0.1');
  });

  it('is down when its authority is unknown, it is too old, or does not speak TLS', async () => {
    const { authority, balancer } = serving.current;
    const stranger = await anAuthority();
    const unknown = await secureUpstream(await stranger.issue('unknown', ['localhost']), serve(''));
    const old = await secureUpstream(await authority.issue('old', ['localhost']), serve(''), { maxVersion: 'TLSv1.2' });
    const plain = await httpUpstream(serve(''));
    const closing = await tcpUpstream((socket) => void socket.once('data', () => socket.end()));
    const urls = { unknown: unknown.port, old: old.port, plain: plain.port, closing: closing.port };
    for (const [id, port] of Object.entries(urls)) await add(balancer, id, `https://localhost:${port}`);
    expect(await Promise.all(Object.keys(urls).map((id) => whyDown(balancer, id)))).toEqual([
      'ping failed: its certificate is not signed by a known authority',
      'ping failed: no version of TLS in common',
      'ping failed: it does not speak TLS',
      'ping failed: connection reset',
    ]);
  });

  it('is down when it needs a certificate that the balancer does not have', async () => {
    const { authority, balancer } = serving.current;
    const issued = await authority.issue('asking', ['localhost']);
    const options = { ca: authority.pem, requestCert: true, rejectUnauthorized: true };
    const backend = await secureUpstream(issued, serve(''), options);
    await add(balancer, 'asking', backend.url, { pingPath: '/health' });
    expect(await whyDown(balancer, 'asking')).toBe('ping failed: it requires a certificate of the balancer');
  });
});

describe.each(LANES)('a backend that can no longer be verified, in %s', (_lane, more) => {
  it('costs no request that another one can serve; without another one there is a 503', async () => {
    const authority = await anAuthority();
    const balancer = await startBalancer({
      BACKEND_TLS_CA_FILE: authority.file,
      PLACEMENT_POLICY: 'round-robin',
      RECHECK_MIN_SECONDS: '60',
      RECHECK_MAX_SECONDS: '60',
      SELF_PRESERVATION_RATIO: '1',
    });
    const backend = await secureUpstream(await authority.issue('backend', ['localhost']), serve('first'));
    await join(balancer, 'a', backend.port, { url: backend.url });
    const expired = await authority.issue('expired', ['localhost'], { validToDay: -0.5 });
    backend.server.setSecureContext({ cert: expired.certificate, key: expired.key });
    const alone = await sendRaw(
      balancer.port,
      request('POST', '/', ['Connection: close', 'Content-Length: 0', ...more]),
    );
    expect(alone).toMatch(/^HTTP\/1\.1 503 [^]*no backend could serve this request: its certificate has expired/);
    const { port } = await httpUpstream(serve('second'));
    await join(balancer, 'b', port);
    for (let i = 0; i < 4; i++) expect(await sendRaw(balancer.port, lastGet('/', ...more))).toMatch(/second$/);
  });
});

describe('BACKEND_TLS_VERIFY=false', () => {
  it('is logged as a warning, and takes any certificate', async () => {
    const balancer = await startBalancer({ BACKEND_TLS_VERIFY: 'false' });
    const stranger = await anAuthority();
    const backend = await secureUpstream(
      await stranger.issue('unknown', ['other.example'], { validToDay: -0.5 }),
      serve('served'),
    );
    await join(balancer, 'a', backend.port, { url: backend.url });
    expect(await sendRaw(balancer.port, lastGet())).toMatch(/served$/);
    const warning = balancer.process.lines.find(({ msg }) => msg?.startsWith('BACKEND_TLS_VERIFY=false'));
    expect(warning).toMatchObject({ level: 'warn', msg: expect.stringContaining('NOT verified') as string });
  });
});

describe('what the balancer shows to backends', () => {
  it('is its certificate, and the server name that is configured', async () => {
    const authority = await anAuthority();
    const client = await authority.issue('client', ['client'], { subject: 'CN=balancer', password: 'secret' });
    const names: unknown[] = [];
    const balancer = await startBalancer({
      BACKEND_TLS_CA_FILE: authority.file,
      BACKEND_TLS_SERVER_NAME: 'Backends.Example',
      BACKEND_TLS_CERTIFICATE_FILE: client.certificateFile,
      BACKEND_TLS_KEY_FILE: client.keyFile,
      BACKEND_TLS_KEY_PASSWORD: 'secret',
    });
    const options = { ca: authority.pem, requestCert: true, rejectUnauthorized: true };
    const backend = await secureUpstream(
      await authority.issue('backend', ['backends.example']),
      ({ socket }, response) => {
        const { servername, ...rest } = socket as ReturnType<typeof connect>;
        names.push(servername, rest.authorized, (socket as ReturnType<typeof connect>).getPeerCertificate().subject.CN);
        response.end('served');
      },
      options,
    );
    await join(balancer, 'a', backend.port, { url: `https://127.0.0.1:${backend.port}` });
    expect(await sendRaw(balancer.port, lastGet())).toMatch(/served$/);
    expect(names).toEqual(['backends.example', true, 'balancer']);
    const metrics = await (await fetch(`${balancer.control}/metrics`)).text();
    expect(metrics).toContain(`fairlead_tls_certificate_expiry_timestamp_seconds{file="${client.certificateFile}"} `);
  });
});

describe('the authorities of backends', () => {
  it('are replaced in all threads when their file is, and sessions of before are not resumed', async () => {
    const [first, second] = [await anAuthority(), await anAuthority()];
    const balancer = await startBalancer({ BACKEND_TLS_CA_FILE: first.file, DATA_PLANE_THREADS: '2', PING_FALL: '1' });
    const [a, b] = await Promise.all([
      secureUpstream(await first.issue('backend', ['localhost']), serve('a')),
      secureUpstream(await second.issue('backend', ['localhost']), serve('b')),
    ]);
    await join(balancer, 'a', a.port, { url: a.url });
    expect(await sendRaw(balancer.port, lastGet())).toMatch(/a$/);
    await add(balancer, 'b', b.url);
    expect(await whyDown(balancer, 'b')).toContain('not signed by a known authority');
    copyFileSync(second.file, first.file);
    await backendIn(balancer.control, 'b', 'up');
    expect(await reasonOf(balancer, 'certificate-changed')).toBe(`connections to backends: ${first.file} was replaced`);
    a.connections.forEach((socket) => socket.destroy());
    for (let i = 0; i < 12; i++) expect(await sendRaw(balancer.port, lastGet())).toMatch(/b$/);
    await backendIn(balancer.control, 'a', 'down');
  });

  it('stay as they were while their file is broken, which an event says', async () => {
    const authority = await anAuthority();
    const balancer = await startBalancer({ BACKEND_TLS_CA_FILE: authority.file });
    const { keyFile } = await authority.issue('any', ['any']);
    copyFileSync(keyFile, authority.file);
    await until('it to be rejected', async () => (await reasonOf(balancer, 'certificate-rejected')) !== undefined);
    expect(await reasonOf(balancer, 'certificate-rejected')).toMatch(
      /^connections to backends: .+ has no valid certificate in PEM [^;]+; what was loaded before remains in use$/,
    );
  });
});

async function reasonOf(balancer: Balancer, kind: FleetEvent['kind']): Promise<string | undefined> {
  return (await eventsOf(balancer)).find((event) => event.kind === kind)?.reason;
}

describe('the reference backend with a certificate', () => {
  it('registers with https, and serves', async () => {
    const authority = await anAuthority();
    const balancer = await startBalancer({ BACKEND_TLS_CA_FILE: authority.file });
    const { certificateFile, keyFile } = await authority.issue('backend', ['localhost']);
    const [port] = await reservePorts(1);
    await startBackend(balancer, {
      BACKEND_ID: 'a',
      BACKEND_PORT: String(port),
      BACKEND_URL: `https://localhost:${port}`,
      TLS_CERTIFICATE_FILE: certificateFile,
      TLS_KEY_FILE: keyFile,
    });
    expect(await sendRaw(balancer.port, lastGet())).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('at the start', () => {
  it('what is wrong with a file or a variable is one clear sentence', async () => {
    const authority = await anAuthority();
    const { certificateFile } = await authority.issue('client', ['client']);
    const environments = [
      { BACKEND_TLS_CA_FILE: '/nowhere/ca.pem' },
      { BACKEND_TLS_CERTIFICATE_FILE: certificateFile },
      { BACKEND_TLS_SERVER_NAME: '127.0.0.1' },
      { BACKEND_TLS_VERIFY: 'maybe' },
    ];
    expect(await Promise.all(environments.map((env) => refusedStart(env)))).toEqual([
      'cannot read /nowhere/ca.pem: there is no such file\n',
      'BACKEND_TLS_CERTIFICATE_FILE needs BACKEND_TLS_KEY_FILE, which is not set\n',
      'BACKEND_TLS_SERVER_NAME must be a host name such as backends.example, not an IP address, got "127.0.0.1"\n',
      'BACKEND_TLS_VERIFY must be true or false (or on, off, yes, no, 1, 0), got "maybe"\n',
    ]);
  });
});
