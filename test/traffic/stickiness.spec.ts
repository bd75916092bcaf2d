// A cookie of the balancer keeps a client on its backend, in every lane.
import { describe, expect, it } from 'vitest';
import { reload, startWithFile } from '../support/configuration-file.js';
import { request, upgradeTo } from '../support/http-text.js';
import { whenTestEnds } from '../support/lifetime.js';
import { backendIn, startBalancer } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { echoUpstream, httpUpstream, join } from '../support/upstreams.js';

const KEY = 'a secret of two balancers, 32 characters';
const STICKY = 'stickiness: { cookie: route, lifetime: 1h }';

/** Five backends that respond with their names, and the file that names them. */
async function fiveBackends() {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const servers = await Promise.all(
    names.map((name) => httpUpstream((_, response) => response.end(name), whenTestEnds)),
  );
  const entries = servers.map(({ port }, i) => `{ id: ${names[i]}, url: "http://127.0.0.1:${port}" }`);
  return (left: readonly string[] = names) =>
    `pools: { default: { policy: random, ${STICKY}, backends: [${entries.filter((_, i) => left.includes(names[i])).join(', ')}] } }`;
}

/** One request of a client with a cookie, or without one: its backend, and the cookie that it is set. */
async function ask(url: string, cookie?: string) {
  const response = await fetch(url, { headers: cookie === undefined ? {} : { cookie: `x=y; ${cookie}` } });
  return { name: await response.text(), setCookie: response.headers.getSetCookie().at(0) };
}

const pairOf = (setCookie = '') => setCookie.split(';')[0];

describe.each(['on', 'off'])('with FAST_LANE=%s', (FAST_LANE) => {
  it('clients stay on their backends; when one is removed only its clients move, each once', async () => {
    const fileOf = await fiveBackends();
    const balancer = await startWithFile(fileOf(), { FAST_LANE, PLACEMENT_POLICY: 'random' });
    const { url, control } = balancer;
    const clients: { name: string; cookie: string; moves: number }[] = [];
    for (let i = 0; i < 100; i++) {
      const { name, setCookie } = await ask(url);
      expect(setCookie).toMatch(/^route=[\w-]{22}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/);
      clients.push({ name, cookie: pairOf(setCookie), moves: 0 });
    }
    expect(new Set(clients.map(({ name }) => name)).size).toBe(5);
    const visit = async () => {
      for (const client of clients) {
        const { name, setCookie } = await ask(url, client.cookie);
        if (name !== client.name) client.moves++;
        expect(setCookie === undefined).toBe(name === client.name);
        client.name = name;
        if (setCookie) client.cookie = pairOf(setCookie);
      }
    };
    await visit();
    expect(clients.every(({ moves }) => moves === 0)).toBe(true);
    const affected = clients.map(({ name }) => name === 'c');

    balancer.write(fileOf(['a', 'b', 'd', 'e']));
    await reload(balancer);
    await visit();
    balancer.write(fileOf());
    await reload(balancer);
    await backendIn(control, 'c', 'up');
    await visit();
    expect(clients.map(({ moves }) => moves === 1)).toEqual(affected);
    expect(clients.every(({ moves }) => moves <= 1)).toBe(true);
  });
});

it('a cookie that the balancer did not make leads nowhere; one of a backend that is draining is replaced', async () => {
  const fileOf = await fiveBackends();
  const { url, control } = await startWithFile(fileOf());
  expect((await ask(url, 'route=AAAAAAAAAAAAAAAAAAAAAA')).setCookie).toMatch(/^route=/);
  expect((await ask(url, 'route=')).setCookie).toMatch(/^route=/);
  const first = await ask(url);
  await fetch(`${control}/api/v1/backends/${first.name}/drain`, { method: 'POST' });
  const second = await ask(url, pairOf(first.setCookie));
  expect(second.name).not.toBe(first.name);
  expect(pairOf(second.setCookie)).not.toBe(pairOf(first.setCookie));
});

it('the key of cookies survives a restart, and balancers with one key share their clients', async () => {
  const fileOf = await fiveBackends();
  const one = await startWithFile(fileOf(), { STICKINESS_KEY: KEY });
  const two = await startWithFile(fileOf(), { STICKINESS_KEY: KEY });
  const { name, setCookie } = await ask(one.url);
  expect(await ask(two.url, pairOf(setCookie))).toEqual({ name, setCookie: undefined });

  const kept = await startWithFile(fileOf(), { REGISTRY_FILE: `${one.folder}/registry.sqlite` });
  const before = await ask(kept.url);
  await kept.process.end();
  const again = await startBalancer({ FAIRLEAD_CONFIG: kept.file, REGISTRY_FILE: `${one.folder}/registry.sqlite` });
  await backendIn(again.control, before.name, 'up');
  expect(await ask(again.url, pairOf(before.setCookie))).toEqual({ name: before.name, setCookie: undefined });
});

it.each(['0', '2'])(
  'balancers with one key agree, in whatever order backends registered (DATA_PLANE_THREADS=%s)',
  async (DATA_PLANE_THREADS) => {
    const servers = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map(async (id, i) => {
        const { port } = await httpUpstream((_, response) => response.end(id), whenTestEnds);
        return { id, port, resources: { compute: 1 + 3 * i, storage: 10 } };
      }),
    );
    const file = `pools: { default: { policy: maglev, affinity: 'header:x-user' }, next: {} }
routes: [{ match: { path: /split/* }, pools: [{ pool: default, weight: 1 }, { pool: next, weight: 1 }], stable: 'header:x-user' }, { pool: default }]`;
    const balancerWith = async (order: typeof servers, STICKINESS_KEY: string) => {
      const balancer = await startWithFile(file, { STICKINESS_KEY, DATA_PLANE_THREADS });
      for (const { id, port, resources } of order) await join(balancer, id, port, { resources });
      return balancer;
    };
    /** The backends of some users, and which of them are in the part of the route with backends. */
    const usersOf = async ({ url }: { readonly url: string }) => {
      const users = Array.from({ length: 60 }, (_, i) => ({ headers: { 'x-user': `user-${i}` } }));
      const backends: string[] = [];
      for (const user of users) backends.push(await (await fetch(url, user)).text());
      const statuses = await Promise.all(users.map(async (user) => (await fetch(`${url}/split/`, user)).status));
      return { backends, statuses };
    };
    const here = await usersOf(await balancerWith(servers, KEY));
    expect(new Set(here.backends).size).toBe(5);
    expect(new Set(here.statuses)).toEqual(new Set([200, 503]));
    expect(await usersOf(await balancerWith(servers.toReversed(), KEY))).toEqual(here);
    // No client can know where a balancer with another key would send it.
    expect(await usersOf(await balancerWith(servers, `${KEY}!`))).not.toEqual(here);
  },
);

it('a WebSocket gets its cookie with the switch of protocols', async () => {
  const { port } = await echoUpstream();
  const text = `pools: { default: { ${STICKY}, backends: [{ id: a, url: "http://127.0.0.1:${port}" }] } }`;
  const balancer = await startWithFile(text);
  const socket = await openSocket(balancer.port);
  const head = receivedUntil(socket, '\r\n\r\n');
  socket.write(upgradeTo('websocket'));
  expect(await head).toMatch(/^HTTP\/1\.1 101 [\s\S]*\r\nSet-Cookie: route=[\w-]{22}; Path=\/;/);
  expect(await sendRaw(balancer.port, request('GET', '/', ['Connection: close']))).toContain('Set-Cookie: route=');
});
