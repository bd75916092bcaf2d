// Which requests the control plane refuses because of the page, the name or the address that they come from.
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { shared } from '../support/lifetime.js';
import { AppProcess, commandOf, launch, listening, startBalancer, type Balancer } from '../support/processes.js';
import { messageOf, send, type SentRequest } from './requests.js';

const TOKEN = 'a token of 16 characters';
const JSON_TYPE = { 'content-type': 'application/json' };
const FOREIGN = 'http://evil.example';

const registration = (id: string) => JSON.stringify({ id, port: 8080, resources: { compute: 1, storage: 1 } });
const ORIGINAL = '{"Compute-Vector": 20, "Storage-Vector": 8}';

const ROUTES: [method: string, path: string, body?: string][] = [
  ['GET', '/'],
  ['GET', '/', ORIGINAL],
  ['POST', '/', ORIGINAL],
  ['GET', '/docs'],
  ['GET', '/docs-json'],
  ['GET', '/health/live'],
  ['GET', '/health/ready'],
  ['GET', '/metrics'],
  ['GET', '/api/v1/metrics'],
  ['GET', '/api/v1/backends'],
  ['GET', '/api/v1/requests'],
  ['GET', '/api/v1/events'],
  ['POST', '/api/v1/backends', registration('intruder')],
  ['POST', '/api/v1/backends/resident/drain'],
  ['POST', '/api/v1/backends/resident/resume'],
  ['PUT', '/api/v1/backends/resident/lease'],
  ['DELETE', '/api/v1/backends/resident?now=true'],
  ['OPTIONS', '/api/v1/backends'],
  ['GET', '/nowhere'],
];

/** A balancer with its documentation, and one backend whose state shows whether a request changed anything. */
async function startWithResident(atEnd: Parameters<typeof startBalancer>[1]): Promise<Balancer> {
  const balancer = await startBalancer({ SWAGGER: 'true', CONTROL_PLANE_NAMES: 'balancer,Fairlead.Example' }, atEnd);
  const { status } = await send(balancer.control, {
    method: 'POST',
    path: '/api/v1/backends',
    headers: JSON_TYPE,
    body: registration('resident'),
  });
  expect(status).toBe(201);
  return balancer;
}

async function fleetOf({ control }: Balancer): Promise<object[]> {
  const { body } = await send(control, { path: '/api/v1/backends' });
  const { backends } = JSON.parse(body) as { backends: { id: string; drain: object | null }[] };
  return backends.map(({ id, drain }) => ({ id, drain }));
}

const UNCHANGED = [{ id: 'resident', drain: null }];
const balancer = shared(startWithResident);
const ask = (sent: SentRequest) => send(balancer.current.control, sent);
const ownHost = () => new URL(balancer.current.control).host;

describe('a page of another origin', () => {
  describe.each(ROUTES)('%s %s %s', (method, path, body) => {
    it.each([
      ['Origin', { origin: FOREIGN }],
      ['Origin of another port', { origin: 'http://127.0.0.1:1' }],
      ['Origin of a sandbox or a file', { origin: 'null' }],
      ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
      ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }],
      ['both', { origin: FOREIGN, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ])('is refused by its %s', async (_what, headers) => {
      const response = await ask({ method, path, headers: { ...JSON_TYPE, ...headers }, ...(body && { body }) });
      expect(response.status).toBe(403);
      expect(messageOf(response)).toMatch(
        /^requests of other web pages are refused, and this one has (Origin|Sec-Fetch-Site): "/,
      );
      expect(await fleetOf(balancer.current)).toEqual(UNCHANGED);
    });
  });

  it("the balancer's own page is served", async () => {
    const page = { origin: `http://${ownHost()}`, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' };
    const explain = {
      method: 'POST',
      path: '/api/v1/placement/explain',
      body: '{"demand": {"compute": 1, "storage": 1}}',
    };
    expect((await ask({ ...explain, headers: { ...JSON_TYPE, ...page } })).status).toBe(200);
    expect(
      (await ask({ path: '/docs', headers: { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' } })).status,
    ).toBe(200);
  });

  it("behind a proxy that terminates TLS the page is the balancer's own", async () => {
    const headers = { host: 'fairlead.example', origin: 'https://fairlead.example' };
    expect((await ask({ path: '/api/v1/placement', headers })).status).toBe(200);
  });
});

describe('the type of a body', () => {
  it.each([
    ['text/plain', 'text/plain'],
    ['text/plain of JSON', 'text/plain; application/json'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a form with parts', 'multipart/form-data; boundary=application/json'],
    ['no type', undefined],
    ['nonsense', 'application/json, text/plain'],
  ])('%s gets 415 on the routes of the API, and changes nothing', async (_what, type) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    for (const [method, path, body = '{}'] of ROUTES.filter(
      ([, route]) => route.startsWith('/api/v1/backends/') || route === '/api/v1/backends',
    )) {
      if (method === 'GET' || method === 'OPTIONS') continue;
      const response = await ask({
        method,
        path,
        headers: { ...headers, 'content-length': String(body.length) },
        body,
      });
      expect(response.status, `${method} ${path}`).toBe(415);
      expect(messageOf(response)).toMatch(/^the Content-Type of a body must be application\/json, got /);
    }
    expect(await fleetOf(balancer.current)).toEqual(UNCHANGED);
  });

  it('a chunked body has a type as well', async () => {
    const headers = { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' };
    const sent = { method: 'POST', path: '/api/v1/backends', headers, body: registration('chunked') };
    expect((await ask(sent)).status).toBe(415);
  });

  it.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/vnd.api+json'])(
    '%s is JSON',
    async (type) => {
      const sent = { method: 'POST', path: '/api/v1/placement/explain', headers: { 'content-type': type } };
      expect((await ask({ ...sent, body: '{"demand": {"compute": 1, "storage": 1}}' })).status).toBe(200);
    },
  );

  it('without a body there is nothing to refuse', async () => {
    expect((await ask({ method: 'POST', path: '/api/v1/backends/resident/resume' })).status).toBe(200);
    const headers = { 'content-length': '0', 'content-type': 'text/plain' };
    expect((await ask({ method: 'POST', path: '/api/v1/backends/resident/resume', headers })).status).toBe(200);
  });

  it.each([
    ['text/plain with an own Origin', () => ({ 'content-type': 'text/plain', origin: `http://${ownHost()}` })],
    ['no type, and Fetch Metadata', () => ({ 'sec-fetch-mode': 'no-cors' })],
    ['a form, and Fetch Metadata', () => ({ 'content-type': 'text/plain', 'sec-fetch-site': 'none' })],
  ])('the original protocol refuses %s', async (_what, headers) => {
    for (const method of ['GET', 'POST']) {
      expect(
        (await ask({ method, headers: { ...headers(), 'content-length': String(ORIGINAL.length) }, body: ORIGINAL }))
          .status,
      ).toBe(415);
    }
    expect(await fleetOf(balancer.current)).toEqual(UNCHANGED);
  });
});

describe('the Host', () => {
  it.each([
    'evil.example',
    'evil.example:9797',
    'localhost.evil.example',
    'balancer.evil.example',
    '127.0.0.1.nip.io',
    'localhost:x',
    '[::1',
    'localhost@evil.example',
  ])('%j gets 421 on every route', async (host) => {
    for (const [method, path, body] of ROUTES) {
      const response = await ask({ method, path, headers: { ...JSON_TYPE, host }, ...(body && { body }) });
      expect(response.status, `${method} ${path}`).toBe(421);
      expect(messageOf(response)).toBe(
        `${JSON.stringify(host)} is not a name of this server: use an IP address or localhost, or add the name to CONTROL_PLANE_NAMES`,
      );
    }
    expect(await fleetOf(balancer.current)).toEqual(UNCHANGED);
  });

  it.each([
    '127.0.0.1',
    '192.0.2.7:9797',
    '[::1]:9797',
    '[2001:db8::7]',
    'localhost',
    'LocalHost:8080',
    'balancer:9797',
    'fairlead.example',
    'FAIRLEAD.example:443',
  ])('%s is served', async (host) => {
    expect((await ask({ path: '/api/v1/backends', headers: { host } })).status).toBe(200);
  });
});

describe('the original protocol', () => {
  const register = (control: string, headers: Record<string, string> = {}) =>
    send(control, {
      method: 'GET',
      headers: { 'content-length': String(ORIGINAL.length), ...headers },
      body: ORIGINAL,
    });

  it('needs no token from this machine, and the API needs it', async () => {
    const { control } = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN });
    expect(await register(control)).toMatchObject({ status: 200, body: 'Server accepted\n' });
    const sent = { method: 'POST', path: '/api/v1/backends', headers: JSON_TYPE, body: registration('a') };
    expect((await send(control, sent)).status).toBe(401);
  });

  it('needs the token from elsewhere', async () => {
    const { control } = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN, ORIGINAL_PROTOCOL_NETWORKS: '10.0.0.0/8' });
    expect((await register(control)).status).toBe(401);
    expect((await register(control, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  it('can be turned off', async () => {
    const { control } = await startBalancer({ ORIGINAL_PROTOCOL_NETWORKS: 'none' });
    const response = await register(control);
    expect(response.status).toBe(404);
    expect(messageOf(response)).toBe(
      'the original protocol is off (ORIGINAL_PROTOCOL_NETWORKS): use POST /api/v1/backends',
    );
  });
});

describe('a browser that opens the address of the control plane', () => {
  const page = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-site': 'none' };
  const navigation = { ...page, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

  it.each([navigation, page, { accept: 'text/html' }])('is redirected to the documentation: %j', async (headers) => {
    expect(await ask({ headers })).toMatchObject({ status: 302, headers: { location: '/docs' } });
    expect(await fleetOf(balancer.current)).toEqual(UNCHANGED);
  });

  it('is told what is missing where there is no documentation', async () => {
    const { control } = await startBalancer();
    expect(await send(control, { headers: navigation })).toMatchObject({
      status: 400,
      body: 'Invalid request payload\n',
    });
  });

  it.each(['/docs', '/api/v1/backends', '/metrics', '/nowhere'])(
    'gets headers that keep other pages out of %s',
    async (path) => {
      const { headers } = await ask({ path });
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
      expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/);
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['cache-control']).toBe(path === '/docs' ? undefined : 'no-store');
    },
  );

  it.each([
    ['a page of another origin', { origin: FOREIGN }, 403],
    ['another name', { host: 'evil.example' }, 421],
  ])('gets them also with the refusal of %s', async (_what, headers, status) => {
    const response = await ask({ headers });
    expect(response.status).toBe(status);
    expect(response.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(response.headers['cache-control']).toBe('no-store');
  });
});

describe('an address that other machines reach', () => {
  const ports = { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', SWAGGER: 'false', DATA_PLANE_THREADS: '0' };

  it('is not the default', async () => {
    const { process } = await startBalancer();
    expect(await process.logged('control plane listening')).toMatchObject({ host: '127.0.0.1' });
  });

  it.each(['0.0.0.0', '::'])('stops the start without a token: %s', async (host) => {
    const balancer = launch('balancer', { ...ports, CONTROL_PLANE_HOST: host });
    expect(await once(balancer.child, 'close')).toEqual([1, null]);
    expect(balancer.problems).toBe(
      `CONTROL_PLANE_HOST=${host} lets other machines change the fleet (${host}): set CONTROL_PLANE_TOKEN to a secret of at ` +
        'least 16 characters, or listen on 127.0.0.1, or set ALLOW_OPEN_CONTROL_PLANE=true to accept this\n',
    );
    expect(balancer.lines).toEqual([]);
  });

  it('is accepted with a token, or with a warning that it is open', async () => {
    const closed = launch('balancer', { ...ports, CONTROL_PLANE_HOST: '0.0.0.0', CONTROL_PLANE_TOKEN: TOKEN });
    await listening(closed);
    expect(closed.lines.filter(({ level }) => level !== 'info')).toEqual([]);
    const open = launch('balancer', { ...ports, CONTROL_PLANE_HOST: '0.0.0.0', ALLOW_OPEN_CONTROL_PLANE: 'true' });
    await listening(open);
    expect(await open.logged('THE CONTROL PLANE IS OPEN')).toMatchObject({ level: 'warn' });
  });

  it('is found out of a socket that was inherited, whatever CONTROL_PLANE_HOST says', async () => {
    const start = (host: string, env: Record<string, string> = {}) => {
      const socket = new net.BoundSocket({ host, port: 0 });
      onTestFinished(() => socket.close());
      // LISTEN_PID must be the id of the balancer, which the shell becomes.
      const command = ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...commandOf('balancer')];
      const sockets = { LISTEN_FDS: '1', LISTEN_FDNAMES: 'control' };
      const process = new AppProcess('balancer', command, {
        env: { LOG_FORMAT: 'json', REGISTRY_FILE: 'none', ...ports, ...sockets, ...env },
        stdio: ['ignore', 'pipe', 'pipe', socket.fd()],
      });
      onTestFinished(() => process.end());
      return process;
    };
    const open = start('0.0.0.0');
    expect(await once(open.child, 'close')).toEqual([1, null]);
    expect(open.problems).toMatch(
      /^the inherited control socket lets other machines change the fleet \(0\.0\.0\.0\): set /,
    );
    await listening(start('127.0.0.1', { CONTROL_PLANE_HOST: '0.0.0.0' }));
    await listening(start('0.0.0.0', { CONTROL_PLANE_TOKEN: TOKEN }));
  });
});
