// Who the client of a request is: the log, affinity and limits go by its address, and forwarding headers name it.
import type { IncomingMessage } from 'node:http';
import type { RequestRecord } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { lastGet, upgradeTo } from '../support/http-text.js';
import { startBalancer, type Balancer } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { echoUpstream, httpUpstream, join } from '../support/upstreams.js';

const PROXY = '127.0.0.2';
const FRONT_PROXY = '127.0.0.3';
const STRANGER = '127.0.0.9';
const PROXIES = { TRUSTED_PROXIES: `${PROXY},${FRONT_PROXY}` };

/** The addresses of the clients in the request log, the last request last. */
async function loggedClients({ control }: Balancer): Promise<string[]> {
  const response = await fetch(`${control}/api/v1/requests`);
  const { requests } = (await response.json()) as { requests: RequestRecord[] };
  return requests.map(({ client }) => client).toReversed();
}

/** A balancer with a backend, and the heads that the backend has received. */
async function balancerWithBackend(env: Record<string, string>) {
  const balancer = await startBalancer(env);
  const heads: IncomingMessage['headers'][] = [];
  const { port } = await httpUpstream(({ headers }, response) => {
    heads.push(headers);
    response.end();
  });
  await join(balancer, 'a', port);
  return { balancer, heads };
}

/** What moves a request to the full lane, and what leaves it in the fast one. */
const LANES = [
  ['the fast lane', []],
  ['the full lane', ['TE: trailers']],
] as const;

type Naming = readonly [name: string, from: string, lines: readonly string[], client: string];

const NAMINGS: readonly Naming[] = [
  ['one proxy', PROXY, ['X-Forwarded-For: 192.0.2.7'], '192.0.2.7'],
  ['two proxies', PROXY, [`X-Forwarded-For: 192.0.2.7, ${FRONT_PROXY}`], '192.0.2.7'],
  ['what a client wrote itself', PROXY, ['X-Forwarded-For: 6.6.6.6, 192.0.2.7'], '192.0.2.7'],
  ['garbage', PROXY, ['X-Forwarded-For: <x>, "6.6.6.6, 192.0.2.7'], '192.0.2.7'],
  ['two lines', PROXY, ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 192.0.2.7'], '192.0.2.7'],
  ['IPv6 with a port', PROXY, ['X-Forwarded-For: [2001:DB8::7]:443'], '2001:db8::7'],
  ['IPv6 with a zone', PROXY, ['X-Forwarded-For: fe80::7%eth0'], 'fe80::7'],
  ['Forwarded alone', PROXY, ['Forwarded: for=6.6.6.6;host=", for="[2001:db8::7]:1";proto=https'], '2001:db8::7'],
  ['both', PROXY, ['Forwarded: for=6.6.6.6', 'X-Forwarded-For: 192.0.2.7'], '192.0.2.7'],
  ['1,000 elements', PROXY, [`X-Forwarded-For: ${'6.6.6.6,'.repeat(1000)}192.0.2.7`], '192.0.2.7'],
  ['a proxy that names no client', PROXY, [], PROXY],
  ['a name that is no address', PROXY, ['X-Forwarded-For: 192.0.2.7, unknown'], PROXY],
  ['a stranger', STRANGER, ['X-Forwarded-For: 192.0.2.7', 'Forwarded: for=192.0.2.7'], STRANGER],
];

/** What a backend is told of the way of a request: what the proxy sent, and its address. */
function wayOf([, from, lines]: Naming): string {
  const before = lines.filter((line) => from === PROXY && line.startsWith('X-')).map((line) => line.slice(17));
  return [...before, from].join(', ');
}

describe.each(LANES)('the client of a request in %s', (_lane, more) => {
  it('is the one that trusted proxies name, or else the peer of the connection', async () => {
    const { balancer, heads } = await balancerWithBackend(PROXIES);
    for (const [, from, lines] of NAMINGS) await sendRaw(balancer.port, lastGet('/', ...lines, ...more), from);
    const clients = await loggedClients(balancer);
    const seen = NAMINGS.map(([name], i) => [name, clients[i], heads[i]['x-forwarded-for']]);
    expect(seen).toEqual(NAMINGS.map((naming) => [naming[0], naming[3], wayOf(naming)]));
  });

  it('is as far from the balancer as hops are trusted', async () => {
    const { balancer } = await balancerWithBackend({ ...PROXIES, TRUSTED_HOPS: '1' });
    await sendRaw(balancer.port, lastGet('/', `X-Forwarded-For: 192.0.2.7, ${FRONT_PROXY}`, ...more), PROXY);
    expect(await loggedClients(balancer)).toEqual([FRONT_PROXY]);
  });
});

describe('a trusted proxy', () => {
  it('brings many clients over one connection, and each has its own backend by its address', async () => {
    const balancer = await startBalancer({ ...PROXIES, PLACEMENT_POLICY: 'maglev', AFFINITY_KEY: 'client' });
    for (const id of ['a', 'b', 'c']) {
      const { port } = await httpUpstream((_, response) => response.end(`from-${id}`));
      await join(balancer, id, port);
    }
    const socket = await openSocket(balancer.port, PROXY);
    const backendOf = async (client: number) => {
      const response = receivedUntil(socket, 'from-');
      socket.write(`GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.${client}\r\n\r\n`);
      return (await response).at(-1);
    };
    const backends = [];
    for (let client = 0; client < 20; client++) backends.push(await backendOf(client));
    expect(new Set(backends).size).toBe(3);
    for (let client = 0; client < 20; client++) expect(await backendOf(client)).toBe(backends[client]);
  });

  it('that names no client is warned of once', async () => {
    const { balancer } = await balancerWithBackend({ ...PROXIES, DATA_PLANE_THREADS: '2' });
    // Enough connections for both threads to get some.
    for (const from of [...Array.from({ length: 12 }, () => PROXY), STRANGER]) {
      await sendRaw(balancer.port, lastGet(), from);
      await sendRaw(balancer.port, lastGet('/', 'TE: trailers'), from);
    }
    await balancer.process.logged('is in TRUSTED_PROXIES');
    const warnings = balancer.process.lines.filter(({ msg }) => msg?.includes('is in TRUSTED_PROXIES'));
    expect(warnings.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^127\.0\.0\.2 .* counts as the client of such requests$/),
    ]);
  });

  it('names the client of an upgrade', async () => {
    const balancer = await startBalancer(PROXIES);
    await join(balancer, 'a', (await echoUpstream()).port);
    const socket = await openSocket(balancer.port, PROXY);
    const switched = receivedUntil(socket, '\r\n\r\n');
    socket.write(upgradeTo('echo').replace('\r\n\r\n', '\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n'));
    expect(await switched).toMatch(/^HTTP\/1\.1 101 /);
    socket.destroy();
    await expect.poll(() => loggedClients(balancer)).toEqual(['192.0.2.7']);
  });

  it('declares no demand, and a client that may declare demand names no client', async () => {
    const { balancer, heads } = await balancerWithBackend({ ...PROXIES, DEMAND_CLIENTS: '127.0.0.4' });
    const lines = ['X-Forwarded-For: 127.0.0.4', 'Compute: 3', 'Fairlead-Explain: 1'];
    expect(await sendRaw(balancer.port, lastGet('/', ...lines), PROXY)).not.toContain('Fairlead-Placement');
    expect(await sendRaw(balancer.port, lastGet('/', ...lines), '127.0.0.4')).toContain(
      '\r\nFairlead-Placement: "a"; compute=3;',
    );
    expect(heads).toMatchObject([
      { compute: '1', 'x-forwarded-for': `127.0.0.4, ${PROXY}` },
      { compute: '3', 'x-forwarded-for': '127.0.0.4' },
    ]);
    expect(await loggedClients(balancer)).toEqual(['127.0.0.4', '127.0.0.4']);
  });
});
