// Proves that a canary gets its part of the requests, and that a cookie keeps each client on its backend: when one of five
// is removed and brought back, only its clients move, each once.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountOf } from '../../account.ts';
import { ID_HEADER } from '../../answer-body.ts';
import { HEALTH_PATH } from '../../backend/settings.ts';
import { journalOf } from '../../fleet.ts';
import type { BalancerUnderTest, ChaosBackend, Scenario } from '../../scenario.ts';
import { msUntil, reloadTraffic } from '../../support/control-plane.ts';

const CANARY_PART = 0.05;
/** How far from it the measured part may be. */
const TOLERANCE = 0.005;
/** Requests at a time. */
const BATCH = 64;
const UP_WITHIN_MS = 10_000;

/** A client that keeps its cookie. */
interface StickyClient {
  readonly name: string;
  cookie: string;
  /** The ids of its requests, in order. */
  readonly ids: string[];
}

export const scenario: Scenario = {
  number: 20,
  title: 'a canary, and clients that stay',
  bar: 'canary at 5 %: 4.5 to 5.5 % of 20,000; 10,000 sticky clients: only those of a removed backend move, each once',
  async run(stage) {
    const backends = await Promise.all(
      Array.from({ length: 5 }, () => stage.startBackend({ registers: false, delayMs: 0 })),
    );
    const file = join(stage.folder, 'fairlead.yaml');
    const use = async (present: readonly ChaosBackend[]) => {
      await writeFile(file, trafficOf(present, backends));
      await reloadTraffic(balancer);
    };
    await writeFile(file, trafficOf(backends, backends));
    const balancer = await stage.startBalancer({ backends, variables: { FAIRLEAD_CONFIG: file } });

    const asked = stage.seconds(20_000, 1000);
    await inBatches(Array.from({ length: asked }, (_, i) => () => ask(balancer, '/share', `share-${i}`, '')));
    const clients = Array.from({ length: stage.seconds(10_000, 500) }, (_, i): StickyClient => {
      return { name: `client-${i}`, cookie: '', ids: [] };
    });
    await visit(balancer, clients);
    const removed = backends[2];
    await use(backends.filter((backend) => backend !== removed));
    await visit(balancer, clients);
    await use(backends);
    await msUntil(() => isUp(balancer, removed.id), UP_WITHIN_MS);
    await visit(balancer, clients);

    const executions = journalOf(backends);
    const backendOf = new Map(executions.map(({ id, backend }) => [id, backend]));
    const canary = executions.filter(({ id, backend }) => id.startsWith('share-') && backend === backends[1].id).length;
    const part = canary / asked;
    const moves = clients.map(({ ids }) => {
      const homes = ids.map((id) => backendOf.get(id));
      return { home: homes[0], moves: homes.filter((home, i) => i > 0 && home !== homes[i - 1]).length };
    });
    const affected = moves.filter(({ home }) => home === removed.id).length;
    const astray = moves.filter(({ home, moves: count }) => count !== (home === removed.id ? 1 : 0)).length;
    const isPart = !stage.isLong || Math.abs(part - CANARY_PART) <= TOLERANCE;
    return {
      ...accountOf([], executions),
      requests: executions.length,
      passed: isPart && astray === 0,
      detail: `canary ${(100 * part).toFixed(2)} % of ${asked}; of ${clients.length} clients ${affected} moved once, ${astray} otherwise`,
    };
  },
};

/** A pool whose clients stay, of the backends that are `present`; and a route to two other pools by weight. */
function trafficOf(present: readonly ChaosBackend[], [stable, canary]: readonly ChaosBackend[]): string {
  const health = { path: HEALTH_PATH };
  const entry = (id: string, port: number) => ({ id, url: `http://127.0.0.1:${port}` });
  return JSON.stringify({
    pools: {
      sticky: {
        health,
        policy: 'random',
        stickiness: { cookie: 'home' },
        backends: present.map(({ id, port }) => entry(id, port)),
      },
      stable: { health, backends: [entry('stable', stable.port)] },
      canary: { health, backends: [entry('canary', canary.port)] },
    },
    routes: [
      {
        match: { path: '/share' },
        pools: [
          { pool: 'stable', weight: 95 },
          { pool: 'canary', weight: 5 },
        ],
      },
      { pool: 'sticky' },
    ],
  });
}

/** Has each client send a request with its cookie, and keep the cookie that it is set. */
async function visit(balancer: BalancerUnderTest, clients: readonly StickyClient[]): Promise<void> {
  await inBatches(
    clients.map((client) => async () => {
      const id = `${client.name}-${client.ids.length}`;
      client.ids.push(id);
      const setCookie = await ask(balancer, '/', id, client.cookie);
      if (setCookie !== undefined) client.cookie = setCookie.split(';')[0];
    }),
  );
}

/** Sends a request; returns the cookie that its response sets. @throws {Error} when it is not served. */
async function ask({ port }: BalancerUnderTest, path: string, id: string, cookie: string): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { [ID_HEADER]: id, cookie } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${id} got ${response.status}: ${text}`);
  return response.headers.getSetCookie().at(0);
}

async function inBatches(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (let from = 0; from < calls.length; from += BATCH) {
    await Promise.all(calls.slice(from, from + BATCH).map((call) => call()));
  }
}

async function isUp({ control }: BalancerUnderTest, id: string): Promise<boolean> {
  const response = await fetch(`${control}/api/v1/backends/${id}`);
  return response.ok && ((await response.json()) as { state: string }).state === 'up';
}
