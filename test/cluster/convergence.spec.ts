// Whatever is done at several balancers at the same time: when they are at rest, all have the fleet that the store has. They
// read everything only at their start here, so that nothing but the changes brings them together.
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeWith } from '../support/programs.js';
import { until, type Balancer } from '../support/processes.js';
import { startRedis, type RedisServer } from '../support/redis.js';
import { httpUpstream, register } from '../support/upstreams.js';
import { ask, clusterVariables, fleetAt, startCluster } from './cluster.js';

const ROUNDS = 12;
const CHANGES = 60;
const AT_A_TIME = 6;
const IDS = ['a', 'b', 'c', 'd', 'e'];

type Change = (balancer: Balancer, id: string) => Promise<Response>;

/** What a backend is, in short. */
type Facts = Readonly<Record<string, string>>;

async function seenBy(balancer: Balancer): Promise<Facts> {
  const fleet = await fleetAt(balancer);
  return Object.fromEntries(fleet.map(({ id, labels, drain }) => [id, `${labels.change}${drain ? ' drained' : ''}`]));
}

async function storedIn(server: RedisServer, prefix: string): Promise<Facts> {
  const words = (await server.command('HGETALL', `{${prefix}}:backends`)) as string[];
  const facts: Record<string, string> = {};
  for (let i = 0; i < words.length; i += 2) {
    const { backend, isLeaving } = JSON.parse(words[i + 1]) as {
      backend: { labels: { change: string }; isPaused: boolean };
      isLeaving: boolean;
    };
    facts[words[i]] = `${backend.labels.change}${backend.isPaused || isLeaving ? ' drained' : ''}`;
  }
  return facts;
}

describeWith('redis-server', 'three balancers whose fleet is changed at random', (path) => {
  it('agree with the store when they are at rest', async () => {
    const server = await startRedis(path);
    const limits = { REGISTRATIONS_PER_MINUTE: '0', NEW_BACKENDS_PER_MINUTE: '0', REGISTRY_RESYNC_SECONDS: '86400' };
    const variables = clusterVariables(server);
    const members = await startCluster({ ...variables, ...limits }, ['one', 'two', 'three']);
    const upstreams = await Promise.all(IDS.map(() => httpUpstream((_, response) => response.end())));
    let changes = 0;
    const again: Change = ({ control }, id) =>
      register(control, {
        id,
        port: upstreams[IDS.indexOf(id)].port,
        resources: { compute: 1, storage: 1 },
        labels: { change: String(++changes) },
      });
    const kinds: Change[] = [
      again,
      again,
      again,
      (balancer, id) => ask(balancer, 'POST', `/api/v1/backends/${id}/drain`),
      (balancer, id) => ask(balancer, 'POST', `/api/v1/backends/${id}/resume`),
      (balancer, id) => ask(balancer, 'DELETE', `/api/v1/backends/${id}`),
      (balancer, id) => ask(balancer, 'DELETE', `/api/v1/backends/${id}?now=true`),
    ];
    const oneOf = <Item>(items: readonly Item[]) => items[randomInt(items.length)];
    for (let round = 0; round < ROUNDS; round++) {
      let left = CHANGES;
      const worker = async () => {
        while (left-- > 0) expect((await oneOf(kinds)(oneOf(members), oneOf(IDS))).status).toBeLessThan(500);
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, worker));
      // Removals at the end of a drain are made by all of them, a moment later.
      await until('all to agree', async () => {
        const stored = JSON.stringify(sorted(await storedIn(server, variables.REGISTRY_PREFIX)));
        const views = await Promise.all(members.map(seenBy));
        return views.every((view) => JSON.stringify(sorted(view)) === stored);
      });
    }
  });
});

function sorted(facts: Facts): [string, string][] {
  return Object.entries(facts).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
