// All three balancers are replaced by a new version, one after the other, as behind a balancer of TCP connections that
// looks at their readiness.
import { readFileSync, symlinkSync, writeFileSync, cpSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../balancers/fairlead.ts';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { clusterOf, lapsesOf, shown } from '../../cluster/views.ts';
import type { BalancerUnderTest, Scenario } from '../../scenario.ts';
import { until } from '../../../processes/until.ts';

const NEW_VERSION = '99.0.0';
/** So long does a balancer that ends still accept connections while its readiness fails. */
const SHUTDOWN_DELAY_SECONDS = '5';

export const scenario: Scenario = {
  number: 30,
  title: 'rolling restart of 3 balancers with a new version',
  bar: '0 lost, no lease lapses, all run the new version',
  needs: ['redis-server'],
  async run(stage) {
    const root = join(stage.folder, 'current');
    symlinkSync(ROOT, root);
    const cluster = await startCluster(stage, { root, variables: { SHUTDOWN_DELAY_SECONDS } });
    const load = await cluster.startLoad({ methods: ['GET', 'POST'] });
    const next = makeVersion(stage.folder);
    symlinkSync(next, `${root}.new`);
    renameSync(`${root}.new`, root);
    for (const balancer of cluster.balancers) {
      await sleep(stage.seconds(5_000, 500));
      const stopped = balancer.stop('SIGTERM');
      await until('the readiness to fail', async () => !(await isReady(balancer)));
      await load.use(cluster.balancers.filter((other) => other !== balancer));
      await stopped;
      await balancer.start();
      await until('the new balancer to be ready', () => isReady(balancer));
      await load.use(cluster.balancers);
    }
    await cluster.seenUp();
    await cluster.agreed();
    await sleep(stage.seconds(5_000, 1_000));
    const records = await load.stop();
    const account = cluster.account(records);
    const lapses = await lapsesOf(cluster.balancers);
    const views = await Promise.all(cluster.balancers.map(clusterOf));
    const versions = [...new Set(views.flatMap(({ balancers }) => balancers.map(({ version }) => version)))];
    return {
      ...account,
      passed:
        account.lost + account.duplicated + account.wrong + lapses.length === 0 && versions.join() === NEW_VERSION,
      detail: `versions at the end: ${versions.join(', ')}; ${shown(lapses)}${failuresOf(records)}`,
    };
  },
};

/** Copies the build, with another version in its package.json; returns the folder. */
function makeVersion(folder: string): string {
  const next = join(folder, 'next');
  mkdirSync(next);
  for (const part of ['apps', 'libs', '_virtual']) {
    cpSync(join(ROOT, 'dist', part), join(next, 'dist', part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(next, 'node_modules'));
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object;
  writeFileSync(join(next, 'package.json'), JSON.stringify({ ...own, version: NEW_VERSION }));
  return next;
}

async function isReady({ control }: BalancerUnderTest): Promise<boolean> {
  try {
    const response = await fetch(`${control}/health/ready`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
