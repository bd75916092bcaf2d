// Proves that pools and routes can be changed under load: every request is served, by a backend of the pool that its route
// names before and after each reload, and nothing piles up.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import { HEALTH_PATH } from '../../backend/settings.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { ChaosBackend, Scenario } from '../../scenario.ts';
import { reloadTraffic } from '../../support/control-plane.ts';
import { inspectable, type HeapUse } from '../../support/live-memory.ts';

const RATE_PER_SECOND = 400;
const EVERY_MS = 300;
const MEBIBYTE = 2 ** 20;
/** The first reloads compile code and fill caches. */
const WARM_UP_PART = 0.25;
/** What a heap may differ by between two looks at it. */
const MAX_GROWTH_MEBIBYTES = 2;

export const scenario: Scenario = {
  number: 19,
  title: 'pools and routes reloaded under load',
  bar: '0 lost, 0 misrouted; memory flat; long form: 200 reloads in 60 s',
  async run(stage) {
    const backends = await threeBackends(stage, { registers: false });
    const file = join(stage.folder, 'fairlead.yaml');
    const { variables: inspected, heaps } = await inspectable(stage);
    await writeFile(file, trafficAt(0, backends));
    const variables = { ...inspected, FAIRLEAD_CONFIG: file };
    const balancer = await stage.startBalancer({ backends, variables });
    const load = await stage.startLoad({
      methods: ['GET', 'POST'],
      ratePerSecond: Math.min(RATE_PER_SECOND, stage.ratePerSecond),
    });
    const reloads = stage.seconds(200, 20);
    let before: readonly HeapUse[] = [];
    for (let number = 1; number <= reloads; number++) {
      const due = sleep(EVERY_MS);
      await writeFile(file, trafficAt(number, backends));
      await reloadTraffic(balancer);
      if (number === Math.ceil(WARM_UP_PART * reloads)) before = await heaps();
      await due;
    }
    const after = await heaps();
    const records = await load.stop();
    const executions = journalOf(backends);
    const account = accountOf(records, executions);
    const [, , writer] = backends;
    const misrouted = executions.filter(
      ({ backend, method }) => (backend === writer.id) !== (method === 'POST'),
    ).length;
    const growth = Math.max(...after.map(({ bytes }, i) => (bytes - (before[i]?.bytes ?? 0)) / MEBIBYTE));
    const isFlat = !stage.isLong || growth < MAX_GROWTH_MEBIBYTES;
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + misrouted === 0 && isFlat,
      detail: [
        `${reloads} reloads, ${misrouted} misrouted`,
        `largest heap growth ${growth.toFixed(1)} MiB`,
        failures(records.filter((record) => !isServed(record))) || 'no failure',
      ].join('; '),
    };
  },
};

/** The file after a number of reloads: POSTs go to the last backend in all of them, GETs to one or both of the others. */
function trafficAt(number: number, [one, two, writer]: readonly ChaosBackend[]): string {
  const entry = ({ id, port }: ChaosBackend) => ({ id, url: `http://127.0.0.1:${port}` });
  const health = { path: HEALTH_PATH };
  const readers = [[one, two], [one], [one, two], [two]][number % 4];
  const extra = Array.from({ length: number % 5 }, (_, i) => `extra-${i}`);
  return JSON.stringify({
    pools: {
      reads: { health, policy: ['drf', 'maglev', 'random'][number % 3], backends: readers.map(entry) },
      writes: { health, queue: { maxRequests: 1000 + number }, backends: [entry(writer)] },
      ...Object.fromEntries(extra.map((name) => [name, {}])),
    },
    routes: [
      ...extra.map((pool) => ({ name: pool, match: { path: `/${pool}/*`, headers: { 'x-extra': 'yes' } }, pool })),
      { name: `writes-${number}`, match: { method: 'POST' }, pool: 'writes', timeouts: { request: `${30 + number}s` } },
      { name: `reads-${number}`, pool: 'reads', requestHeaders: { set: { 'X-Reload': number } } },
    ],
  });
}
