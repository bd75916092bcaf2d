// What one address may register, and what one registration may claim.
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { shared } from '../support/lifetime.js';
import { startBalancer } from '../support/processes.js';
import { register } from '../support/upstreams.js';

const RESOURCES = { compute: 20, storage: 36 };
const JSON_TYPE = { 'content-type': 'application/json' };

/** Registers from an address of this machine. */
function callerAt(localAddress: string, control: string) {
  const dispatcher = new Agent({ localAddress, connections: 16 });
  onTestFinished(() => dispatcher.destroy());
  return async (body: object) => {
    const response = await request(`${control}/api/v1/backends`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resources: RESOURCES, ...body }),
    });
    return { status: response.statusCode, headers: response.headers, body: await response.body.json() };
  };
}

const backend = (n: number) => ({ id: `b${n}`, url: `http://127.0.0.9:${1000 + n}` });

describe('registrations from one address', () => {
  it('do not fill the fleet, whatever ids they invent: other addresses register, and known backends again', async () => {
    const { control } = await startBalancer();
    const flood = callerAt('127.0.0.2', control);
    const responses = await Promise.all(Array.from({ length: 1023 }, (_, n) => flood(backend(n))));
    const accepted = responses.filter(({ status }) => status === 201);
    const refused = responses.filter(({ status }) => status === 429);
    expect(accepted.length + refused.length).toBe(1023);
    expect(accepted).toHaveLength(256);

    const other = callerAt('127.0.0.1', control);
    expect(await other({ id: 'honest', port: 80 })).toMatchObject({ status: 201 });
    const known = responses.findIndex(({ status }) => status === 201);
    expect(await flood(backend(known))).toMatchObject({ status: 200 });
  });

  it('are limited in new backends per minute, with Retry-After', async () => {
    const { control } = await startBalancer({ NEW_BACKENDS_PER_MINUTE: '3' });
    const caller = callerAt('127.0.0.1', control);
    for (let n = 0; n < 3; n++) expect((await caller(backend(n))).status).toBe(201);
    const refused = await caller(backend(3));
    expect(refused).toMatchObject({
      status: 429,
      body: {
        message: expect.stringMatching(
          /^at most 3 new backends a minute are allowed from one address: try again in \d+ s$/,
        ),
      },
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    // Bodies that are not valid count as well, and known backends do not.
    expect((await caller({ id: 7 })).status).toBe(429);
    for (let n = 0; n < 3; n++) expect((await caller(backend(n))).status).toBe(200);
    expect((await callerAt('127.0.0.2', control)(backend(3))).status).toBe(201);
  });

  it('that give one backend ever other ids are limited as those of one backend', async () => {
    const { control } = await startBalancer({ REGISTRATIONS_PER_MINUTE: '3' });
    const caller = callerAt('127.0.0.1', control);
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++) statuses.push((await caller({ id: `name-${n}`, port: 80 })).status);
    expect(statuses).toEqual([201, 200, 200, 200, 429, 429]);
  });

  it('are limited in backends at a time: one that leaves makes room', async () => {
    const { control } = await startBalancer({ MAX_BACKENDS_PER_ADDRESS: '2' });
    const caller = callerAt('127.0.0.1', control);
    for (let n = 0; n < 2; n++) expect((await caller(backend(n))).status).toBe(201);
    expect(await caller(backend(2))).toMatchObject({
      status: 429,
      body: { message: '2 backends are registered from 127.0.0.1: MAX_BACKENDS_PER_ADDRESS is 2' },
    });
    const original = await fetch(control, {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"Compute-Vector": 1, "Storage-Vector": 1}',
    });
    expect(original.status).toBe(429);
    expect(await original.text()).toBe('2 backends are registered from 127.0.0.1: MAX_BACKENDS_PER_ADDRESS is 2\n');
    await fetch(`${control}/api/v1/backends/b0?now=true`, { method: 'DELETE' });
    expect((await caller(backend(2))).status).toBe(201);
  });

  it('are limited in the bytes of their labels', async () => {
    const { control } = await startBalancer({ MAX_LABEL_BYTES_PER_ADDRESS: '200' });
    const caller = callerAt('127.0.0.1', control);
    const labels = { zone: 'x'.repeat(96) };
    for (let n = 0; n < 2; n++) expect((await caller({ ...backend(n), labels })).status).toBe(201);
    expect(await caller({ ...backend(2), labels })).toMatchObject({
      status: 429,
      body: { message: expect.stringMatching(/would have 300 bytes: MAX_LABEL_BYTES_PER_ADDRESS is 200$/) },
    });
    expect((await caller(backend(2))).status).toBe(201);
    expect((await callerAt('127.0.0.2', control)({ ...backend(3), labels })).status).toBe(201);
  });
});

describe('a body that is nested deeply', () => {
  const balancer = shared((atEnd) => startBalancer({}, atEnd));
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const bodies = [
    ['an id', `{"id": ${nested(20_000)}, "resources": {"compute": 1, "storage": 1}}`],
    ['a Port', `{"Port": ${nested(20_000)}, "Compute-Vector": 1, "Storage-Vector": 1}`],
    ['a list', nested(40_000)],
    ['objects', `${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}`],
    ['a list that does not end', '['.repeat(90_000)],
    ['33 levels', nested(33)],
  ] as const;

  it.each(
    bodies.flatMap(([what, body]) =>
      ['/', '/api/v1/backends', '/api/v1/placement/explain'].map((path) => [what, path, body]),
    ),
  )('with %s on %s gets 400 with one sentence', async (_what, path, body) => {
    const { control, process } = balancer.current;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(control + path, { method: 'POST', body, headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message: 'the body must have at most 32 levels of lists and objects',
    });
    expect(process.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });

  it('in an encoding other than UTF-8 gets 415', async () => {
    const body = Buffer.from(nested(20_000), 'utf16le');
    const headers = { 'content-type': 'application/json; charset=utf-16le' };
    for (const path of ['/', '/api/v1/backends']) {
      const response = await fetch(balancer.current.control + path, { method: 'POST', body, headers });
      expect(response.status, path).toBe(415);
    }
  });

  it('of 32 levels is read', async () => {
    const response = await register(balancer.current.control, nested(32));
    expect(((await response.json()) as { message: string }).message).toMatch(/^the body/);
  });
});

describe('a capacity out of proportion', () => {
  it('is refused with 400 once there are others, and moves the limits of none', async () => {
    const { control } = await startBalancer();
    for (let n = 0; n < 3; n++) {
      expect((await register(control, { ...backend(n), resources: RESOURCES })).status).toBe(201);
    }
    const liar = { ...backend(3), resources: { compute: 1e9, storage: 36 } };
    const refused = await register(control, liar);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      message:
        'resources.compute must be at most 20000, MAX_CAPACITY_RATIO (1000) times the median of the other backends (20), ' +
        'got 1000000000',
    });
    const original = await fetch(control, {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"Compute-Vector": 1, "Storage-Vector": 1e9}',
    });
    expect(original.status).toBe(400);
    expect(await original.text()).toMatch(/^resources\.storage must be at most 36000, /);

    const large = { ...backend(3), resources: { compute: 20_000, storage: 36_000 } };
    expect((await register(control, large)).status).toBe(201);
    const { backends } = (await (await fetch(`${control}/api/v1/backends`)).json()) as {
      backends: { id: string; maxInFlight: number }[];
    };
    expect(backends.map(({ id, maxInFlight }) => [id, maxInFlight])).toEqual([
      ['b0', 1024],
      ['b1', 1024],
      ['b2', 1024],
      ['b3', 1_024_000],
    ]);
  });

  it('of the first backend does not leave the others with one exchange each', async () => {
    const { control } = await startBalancer();
    await register(control, { ...backend(0), resources: { compute: 1e9, storage: 1e9 } });
    const honest = await register(control, { ...backend(1), resources: RESOURCES });
    expect(await honest.json()).toMatchObject({ maxInFlight: 1024 });
  });
});
