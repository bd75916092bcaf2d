// One client must not have a backend ejected that serves others well.
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventsOf, settled } from '../support/metrics.js';
import { backendIn, startBalancer, type Balancer } from '../support/processes.js';
import { httpUpstream, join } from '../support/upstreams.js';

const CLIENTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const ATTACKER = '127.0.0.1';

/** The status of a GET from this address. */
function getFrom(localAddress: string, { port }: Balancer, path = '/'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, localAddress, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
}

/** Far longer than what the backends usually take. */
const SLOW_MS = 400;

/** Two backends that cannot serve `/poison`, and take long to serve `?slow`. */
async function balancerWithTwo(env: Record<string, string> = {}): Promise<Balancer> {
  const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin', DATA_PLANE_THREADS: '0', ...env });
  for (const id of ['a', 'b']) {
    const { port } = await httpUpstream(({ url }, response) => {
      const respond = () => response.writeHead(url === '/poison' ? 500 : 200).end();
      if (url === '/?slow') setTimeout(respond, SLOW_MS);
      else respond();
    });
    await join(balancer, id, port);
  }
  return balancer;
}

/** Each of the clients is served by each of the backends. */
async function serveAll(balancer: Balancer, clients: readonly string[]): Promise<void> {
  for (const client of clients) for (let i = 0; i < 2; i++) expect(await getFrom(client, balancer, '/')).toBe(200);
}

const ejectionsOf = async (balancer: Balancer) =>
  (await eventsOf(balancer)).filter(({ to, kind }) => to === 'ejected' || kind === 'ejection-skipped');

describe('errors in a row', () => {
  it.each([
    ['two others are', CLIENTS.slice(0, 2)],
    ['one other is', CLIENTS.slice(0, 1)],
  ])('of one client eject no backend while %s served', async (_what, others) => {
    const balancer = await balancerWithTwo();
    await serveAll(balancer, others);
    for (let i = 0; i < 30; i++) expect(await getFrom(ATTACKER, balancer, '/poison')).toBe(500);
    expect(await ejectionsOf(balancer)).toEqual([]);
    await serveAll(balancer, others);
    await settled(balancer);
  });

  it('of two clients eject no backend while a third is served', async () => {
    const balancer = await balancerWithTwo();
    await serveAll(balancer, CLIENTS.slice(0, 1));
    for (let i = 0; i < 30; i++) await getFrom([ATTACKER, CLIENTS[1]][(i >> 1) % 2], balancer, '/poison');
    expect(await ejectionsOf(balancer)).toEqual([]);
  });

  it('of three clients eject a backend, also after many of one', async () => {
    const balancer = await balancerWithTwo();
    await serveAll(balancer, CLIENTS);
    for (let i = 0; i < 14; i++) await getFrom(ATTACKER, balancer, '/poison');
    expect(await ejectionsOf(balancer)).toEqual([]);
    for (const client of CLIENTS.slice(0, 2)) for (let i = 0; i < 2; i++) await getFrom(client, balancer, '/poison');
    const [ejection] = await ejectionsOf(balancer);
    expect(ejection).toMatchObject({ to: 'ejected', reason: '9 responses in a row were 5xx' });
  });
});

describe('a window', () => {
  const WINDOW = {
    OUTLIER_INTERVAL_SECONDS: '0.3',
    OUTLIER_CONSECUTIVE_5XX: '0',
    OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: '0',
  };

  /** Sends GETs from these addresses in turn, until `over`. */
  async function send(balancer: Balancer, clients: readonly string[], path: string, over: Promise<unknown>) {
    const ended = new AbortController();
    void over.then(() => ended.abort());
    while (!ended.signal.aborted)
      await Promise.all(Array.from({ length: 24 }, (_, i) => getFrom(clients[i % clients.length], balancer, path)));
  }

  it('of failures of one client ejects no backend while others are served', async () => {
    const balancer = await balancerWithTwo(WINDOW);
    await serveAll(balancer, CLIENTS);
    await send(balancer, [ATTACKER], '/poison', sleep(2_000));
    expect(await ejectionsOf(balancer)).toEqual([]);
  });

  it('of slow responses to one client ejects no backend while others are served', async () => {
    const balancer = await balancerWithTwo({ ...WINDOW, OUTLIER_INTERVAL_SECONDS: '1', SLOW_EXCHANGE_SECONDS: '60' });
    for (let round = 0; round < 20; round++) await serveAll(balancer, CLIENTS);
    await send(balancer, [ATTACKER], '/?slow', sleep(4_000));
    expect(await ejectionsOf(balancer)).toEqual([]);
  });

  it('of failures of three clients ejects a backend', async () => {
    const balancer = await balancerWithTwo(WINDOW);
    await serveAll(balancer, CLIENTS);
    const ejected = Promise.race(['a', 'b'].map((id) => backendIn(balancer.control, id, 'ejected')));
    await send(balancer, CLIENTS, '/poison', ejected);
    await ejected;
    expect((await ejectionsOf(balancer))[0].reason).toMatch(/^\d+ % of \d+ exchanges failed within 0.3 s$/);
  });
});
