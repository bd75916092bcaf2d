import { beforeEach, describe, expect, it } from 'vitest';
import { bearer } from '../support/bearer.js';
import { head } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { emptyFleet, httpUpstream, join, register, holdingUpstream } from '../support/upstreams.js';
import { sendRaw } from '../support/raw-client.js';

const RESOURCES = { compute: 20, storage: 36 };

async function list(control: string, token?: string): Promise<{ id: string; state: string; resources: object }[]> {
  const response = await fetch(`${control}/api/v1/backends`, { headers: bearer(token) });
  return ((await response.json()) as { backends: { id: string; state: string; resources: object }[] }).backends;
}

/** Each test of these finds no backend. */
const serving = shared((atEnd) => startBalancer({}, atEnd));
beforeEach(() => emptyFleet(serving.current));

describe('registration', () => {
  it('a registration adds a backend, and the next one updates it', async () => {
    const { control } = serving.current;
    const registered = Promise.withResolvers<void>();
    const { port } = await httpUpstream((_, response) => void registered.promise.then(() => response.end()));
    const pingPath = '/health';

    const first = await register(control, {
      id: 'disk-1',
      port,
      pingPath,
      resources: RESOURCES,
      labels: { zone: 'a' },
    });
    expect(first.status).toBe(201);
    expect(await first.json()).toMatchObject({
      id: 'disk-1',
      url: `http://127.0.0.1:${port}`,
      state: 'joining',
      resources: RESOURCES,
      labels: { zone: 'a' },
      lease: null,
    });
    registered.resolve();
    await backendIn(control, 'disk-1', 'up');

    const again = await register(control, { id: 'disk-1', port, resources: { compute: 1, storage: 2 } });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ id: 'disk-1', state: 'up', resources: { compute: 1, storage: 2 } });
    expect(await list(control)).toHaveLength(1);
  });

  it('the default id is the url, and the default url is port 80 of the caller', async () => {
    const { control } = serving.current;
    const response = await register(control, { resources: RESOURCES });
    expect(await response.json()).toMatchObject({ id: 'http://127.0.0.1:80', url: 'http://127.0.0.1:80' });
  });

  it('a registration with another id renames the live backend at its address', async () => {
    const balancer = serving.current;
    const { port } = await httpUpstream((_, response) => response.end());
    await join(balancer, 'old-name', port);

    const response = await register(balancer.control, { id: 'new-name', port, resources: RESOURCES });

    expect(response.status).toBe(200);
    expect((await list(balancer.control)).map(({ id }) => id)).toEqual(['new-name']);
  });

  const refused: [what: string, body: unknown, sentence: RegExp][] = [
    ['no JSON', '{"id": ', /^the body must be JSON/],
    ['no object', '[1]', /^the body/],
    ['nothing in it', '', /^the body|^resources/],
    ['neither a place nor resources', { id: 'a' }, /^the body: give url or port; only a registration with resources/],
    ['no place and empty resources', { id: 'a', resources: {} }, /^the body: give url or port/],
    ['a missing resource', { resources: { compute: 1 } }, /^resources\.storage is missing/],
    [
      'a misspelt field',
      { host: '10.0.0.7', resources: RESOURCES },
      /^the body: "host" is unknown; allowed fields: id, url, port, pool, resources, pingPath, leaseSeconds, maxInFlight, labels$/,
    ],
    [
      'a misspelt field beside nothing else',
      { ressources: RESOURCES },
      /^the body: "ressources" is unknown; allowed fields: id/,
    ],
    [
      'thousands of fields',
      Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`f${n}`, n])),
      /^the body: "f0", "f1", "f2", 1997 more are unknown; allowed fields: id/,
    ],
    ['a field of 10 kB', { resources: RESOURCES, ['x'.repeat(10_000)]: 1 }, /^the body: "x{50}" is unknown/],
    ['a resource of 10 kB', { resources: { ['x'.repeat(10_000)]: 1 } }, /^resources\.x{100} /],
    ['an unknown resource', { resources: { ...RESOURCES, gpu: 1 } }, /^resources\.gpu is unknown/],
    ['an extra field', { resources: RESOURCES, colour: 'red' }, /colour/],
    [
      'a string for a number',
      { resources: { compute: '20', storage: 1 } },
      /^resources\.compute must be a number from 0/,
    ],
    ['NaN', '{"resources": {"compute": NaN, "storage": 1}}', /^the body must be JSON/],
    ['a negative capacity', { resources: { compute: -1, storage: 1 } }, /^resources\.compute must be a number from 0/],
    [
      'nothing but zeros',
      { resources: { compute: 0, storage: 0 } },
      /^resources must have at least one resource above zero/,
    ],
    ['1e308', { resources: { compute: 1e308, storage: 1 } }, /^resources\.compute must be a number from 0/],
    ['infinity', '{"resources": {"compute": 1e999, "storage": 1}}', /^resources\.compute must be a number from 0/],
    ['__proto__', '{"resources": {"compute": 1, "storage": 1, "__proto__": 1}}', /__proto__/],
    ['__proto__ on top', '{"__proto__": {"x": 1}, "resources": {"compute": 1, "storage": 1}}', /__proto__/],
    ['an id with a space', { id: 'a b', resources: RESOURCES }, /^id must be 1 to 200 characters/],
    ['an id of 10 kB', { id: 'a'.repeat(10_000), resources: RESOURCES }, /^id must be 1 to 200 characters/],
    ['an empty id', { id: '', resources: RESOURCES }, /^id must be 1 to 200 characters/],
    ['a url of 10 kB', { url: `http://${'a'.repeat(10_000)}`, resources: RESOURCES }, /^url must be at most 1000/],
    [
      'a url of another scheme',
      { url: 'file:///etc/passwd', resources: RESOURCES },
      /^url must be an http or https URL/,
    ],
    ['a url with a password', { url: 'http://a:b@c', resources: RESOURCES }, /^url must be an http or https URL/],
    ['a url and a port', { url: 'http://a', port: 1, resources: RESOURCES }, /give either url or port/],
    ['port 0', { port: 0, resources: RESOURCES }, /^port must be a whole number from 1/],
    ['port 65536', { port: 65_536, resources: RESOURCES }, /^port must be a whole number from 1/],
    ['a ping path without a slash', { pingPath: 'health', resources: RESOURCES }, /^pingPath must be a path/],
    ['a ping path with a line break', { pingPath: '/a\r\nb: c', resources: RESOURCES }, /^pingPath must be a path/],
    ['a lease of zero', { leaseSeconds: 0, resources: RESOURCES }, /^leaseSeconds must be a number of seconds/],
    ['a label that is a list', { labels: { a: [] }, resources: RESOURCES }, /^labels\.a must be a string/],
  ];

  describe('of what is not valid', () => {
    it.each(refused)(
      'a body with %s is refused with one sentence, and registers nothing',
      async (_, body, sentence) => {
        const { control } = serving.current;
        const response = await register(control, body);
        expect(response.status).toBe(400);
        const problem = (await response.json()) as { message: string };
        expect(problem).toMatchObject({
          statusCode: 400,
          error: 'Bad Request',
          message: expect.stringMatching(sentence),
        });
        expect(problem.message.length).toBeLessThan(300);
        expect(await list(control)).toEqual([]);
      },
    );

    it('a body of 200 kB is refused with 413', async () => {
      const { control } = serving.current;
      expect((await register(control, { id: 'x'.repeat(200_000), resources: RESOURCES })).status).toBe(413);
      expect(await list(control)).toEqual([]);
    });
  });

  it('a url that leads to the balancer itself is refused in every spelling', async () => {
    const { control, port } = serving.current;
    const controlPort = new URL(control).port;
    for (const own of [String(port), controlPort]) {
      for (const host of ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '127.1', '[::ffff:127.0.0.1]', '0x7f000001']) {
        const response = await register(control, { url: `http://${host}:${own}`, resources: RESOURCES });
        expect(response.status, host).toBe(400);
        expect(((await response.json()) as { message: string }).message).toMatch(/loop/);
      }
    }
    expect(await list(control)).toEqual([]);
  });

  it('a registration gets 503 when the fleet is full', async () => {
    const { control } = await startBalancer({ MAX_BACKENDS: '1' });
    await register(control, { id: 'a', port: 1, resources: RESOURCES });
    const response = await register(control, { id: 'b', port: 2, resources: RESOURCES });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ message: 'the fleet is full: MAX_BACKENDS is 1' });
    await fetch(`${control}/api/v1/backends/a`, { method: 'DELETE' });
    expect((await register(control, { id: 'b', port: 2, resources: RESOURCES })).status).toBe(201);
  });

  it('a lease lapses unless it is renewed', async () => {
    const { control } = serving.current;
    const body = { resources: RESOURCES, leaseSeconds: 3 };
    expect(await (await register(control, { ...body, id: 'lazy', port: 1 })).json()).toMatchObject({
      lease: { leaseSeconds: 3, renewEverySeconds: 1 },
    });
    await register(control, { ...body, id: 'keen', port: 2 });
    let renewals = 0;
    await until('the lazy one to be gone', async () => {
      const renewed = await fetch(`${control}/api/v1/backends/keen/lease`, { method: 'PUT' });
      expect(renewed.status).toBe(200);
      renewals++;
      return (await list(control)).every(({ id }) => id !== 'lazy');
    });
    expect(renewals).toBeGreaterThan(1);
    expect((await fetch(`${control}/api/v1/backends/lazy/lease`, { method: 'PUT' })).status).toBe(404);
  });

  it('a renewal without a lease gets 409', async () => {
    const { control } = serving.current;
    await register(control, { id: 'a', port: 1, resources: RESOURCES });
    expect((await fetch(`${control}/api/v1/backends/a/lease`, { method: 'PUT' })).status).toBe(409);
  });

  it('a backend is drained and resumed', async () => {
    const balancer = serving.current;
    const { control } = balancer;
    const { port } = await httpUpstream((_, response) => response.end('here'));
    await join(balancer, 'a', port);

    const drained = await fetch(`${control}/api/v1/backends/a/drain`, { method: 'POST' });
    expect(await drained.json()).toMatchObject({ state: 'draining', drain: { complete: true }, inFlight: 0 });
    expect((await fetch(balancer.url)).status).toBe(503);

    const resumed = await fetch(`${control}/api/v1/backends/a/resume`, { method: 'POST' });
    expect(await resumed.json()).toMatchObject({ state: 'up', drain: null });
    expect((await fetch(balancer.url)).status).toBe(200);
  });

  it('a leaving backend finishes what it serves', async () => {
    const balancer = serving.current;
    const { control } = balancer;
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port);
    const answer = fetch(balancer.url);
    await holds(1);

    const leaving = await fetch(`${control}/api/v1/backends/a`, { method: 'DELETE' });
    expect(leaving.status).toBe(202);
    expect(await leaving.json()).toMatchObject({ state: 'draining', inFlight: 1, drain: { complete: false } });
    expect((await fetch(balancer.url)).status).toBe(503);

    held[0].end('finished');
    expect(await (await answer).text()).toBe('finished');
    await backendIn(control, 'a', 'gone');
  });

  it('an unknown backend or route gets 404', async () => {
    const { control } = serving.current;
    for (const [path, method] of [
      ['/api/v1/backends/x', 'GET'],
      ['/api/v1/backends/x', 'DELETE'],
      ['/api/v1/backends/x/drain', 'POST'],
      ['/api/v1/backends/x/resume', 'POST'],
      ['/api/v1/nonsense', 'GET'],
      ['/api/v1/backends', 'PATCH'],
    ]) {
      const response = await fetch(control + path, { method });
      expect(response.status, path).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/application\/json/);
      expect(await response.json()).toMatchObject({ statusCode: 404, error: 'Not Found' });
    }
  });

  it('a change of the fleet needs the token where one is set', async () => {
    const { control } = await startBalancer({ CONTROL_PLANE_TOKEN: 'sesame-open-sesame' });
    expect((await register(control, { port: 1, resources: RESOURCES })).status).toBe(401);
    const allowed = await fetch(`${control}/api/v1/backends`, {
      method: 'POST',
      headers: { authorization: 'Bearer sesame-open-sesame', 'content-type': 'application/json' },
      body: JSON.stringify({ port: 1, resources: RESOURCES }),
    });
    expect(allowed.status).toBe(201);
    expect(await list(control, 'sesame-open-sesame')).toHaveLength(1);
  });
});

describe('the original protocol', () => {
  const get = (control: string, body: string) =>
    sendRaw(
      Number(new URL(control).port),
      head('GET / HTTP/1.1', ['Host: localhost', 'Connection: close', `Content-Length: ${body.length}`]) + body,
    );

  it('a GET with a JSON body registers a backend', async () => {
    const { control } = serving.current;
    const answer = await get(control, '{"Compute-Vector": 20, "Storage-Vector": 8}');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\n\r\nServer accepted\n$/);
    expect(await list(control)).toMatchObject([{ id: 'http://127.0.0.1:80', resources: { compute: 20, storage: 8 } }]);
  });

  it('an error is a line of text in the words of the protocol', async () => {
    const { control } = serving.current;
    const refused = [
      ['not json', 'Invalid request payload'],
      ['', 'Invalid request payload'],
      ['[]', 'Invalid request payload'],
      ['{"Compute-Vector": 20}', 'Missing compute or storage vector'],
      ['{"Compute-Vector": 20, "Storage-Vector": null}', 'Missing compute or storage vector'],
      ['{"Compute-Vector": -1, "Storage-Vector": 1}', 'Compute-Vector must be a number from 0 to 1000000000'],
      ['{"Compute-Vector": 0, "Storage-Vector": 0}', 'the body: Compute-Vector or Storage-Vector must be above zero'],
      ['{"Compute-Vector": 1, "Storage-Vector": 1, "Port": 0}', 'Port must be a whole number from 1 to 65535'],
    ];
    for (const [body, sentence] of refused) {
      const answer = await get(control, body);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer.split('\r\n\r\n')[1]).toBe(`${sentence}\n`);
    }
    expect(await list(control)).toEqual([]);
  });

  it('a registration gets 503 when the fleet is full', async () => {
    const { control } = await startBalancer({ MAX_BACKENDS: '1' });
    const join = (port: number) => get(control, `{"Compute-Vector": 20, "Storage-Vector": 8, "Port": ${port}}`);
    expect(await join(1)).toMatch(/Server accepted\n$/);
    const answer = await join(2);
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*^content-type: text\/plain/ims);
    expect(answer.split('\r\n\r\n')[1]).toBe('the fleet is full: MAX_BACKENDS is 1\n');
  });

  it('a backend is sent each request with its demand in Compute and Storage, drawn from the seed', async () => {
    /** The demands of the first requests that a balancer with this seed sends. */
    const demandsOf = async (seed: string) => {
      const balancer = await startBalancer({ DEMAND_SOURCE: 'random', DEMAND_SEED: seed, DATA_PLANE_THREADS: '0' });
      const seen: string[] = [];
      const { port } = await httpUpstream(({ headers }, response) => {
        seen.push(`${String(headers.compute)} ${String(headers.storage)}`);
        response.end();
      });
      const body = JSON.stringify({ 'Compute-Vector': 20, 'Storage-Vector': 8, Port: port });
      expect(await get(balancer.control, body)).toMatch(/Server accepted\n$/);
      await backendIn(balancer.control, `http://127.0.0.1:${port}`, 'up');
      for (let i = 0; i < 5; i++) expect((await fetch(balancer.url)).status).toBe(200);
      return seen;
    };
    const demands = await demandsOf('7');
    expect(demands).toHaveLength(5);
    for (const demand of demands) expect(demand).toMatch(/^([1-9]|10) ([1-9]|10)$/);
    expect(await demandsOf('7')).toEqual(demands);
    expect(await demandsOf('8')).not.toEqual(demands);
  });
});
