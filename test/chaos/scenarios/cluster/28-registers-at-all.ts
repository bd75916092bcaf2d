// One backend registers at all three balancers at once, a thousand times: the last writer wins, at all alike.
import { failuresOf, startCluster, WITHOUT_RESYNC } from '../../cluster/cluster.ts';
import { membersOf } from '../../cluster/views.ts';
import type { Scenario } from '../../scenario.ts';
import { register, registrationOf } from '../../support/control-plane.ts';

const TIMES = 1_000;
/** After how many of these the views are compared: the next one would make them equal again. */
const COMPARED_EVERY = 20;

export const scenario: Scenario = {
  number: 28,
  title: `one backend registers at 3 balancers at once, ${TIMES} times`,
  bar: 'one record, versions in order, all views equal',
  needs: ['redis-server'],
  async run(stage) {
    const cluster = await startCluster(stage, { variables: { REGISTRATIONS_PER_MINUTE: '0', ...WITHOUT_RESYNC } });
    const load = await cluster.startLoad();
    const backend = await cluster.startBackend({ registers: false });
    const refused: string[] = [];
    for (let time = 0; time < TIMES; time++) {
      await Promise.all(
        cluster.balancers.map(({ control }, i) =>
          register(control, { ...registrationOf(backend), labels: { time: String(time), by: String(i) } }).catch(
            (error: unknown) => refused.push((error as Error).message),
          ),
        ),
      );
      if ((time + 1) % COMPARED_EVERY === 0) await cluster.agreed();
    }
    const records = await load.stop();

    const stored = await cluster.registry.changesOf(backend.id);
    const versions = stored.map(({ version }) => version);
    const areInOrder = versions.every((version, i) => i === 0 || version > versions[i - 1]);
    const kept = await cluster.registry.recordOf(backend.id);
    const count = (await cluster.registry.storedIds()).filter((id) => id === backend.id).length;
    const views = await Promise.all(cluster.balancers.map(membersOf));
    const labels = views.map((members) => JSON.stringify(members.find(({ id }) => id === backend.id)?.labels));
    const areViewsStored = labels.every((each) => each === JSON.stringify(kept?.backend.labels));
    const isLast = kept !== undefined && kept.version === versions.at(-1);
    const account = cluster.account(records);
    return {
      ...account,
      passed:
        refused.length === 0 &&
        areInOrder &&
        isLast &&
        count === 1 &&
        areViewsStored &&
        account.lost + account.wrong === 0,
      detail:
        `${count} record with version ${kept?.version}, ${versions.length} changes of it, ` +
        `${areInOrder && isLast ? 'in order' : 'NOT in order'}; labels ${areViewsStored ? 'as stored' : labels.join(' ')}; ` +
        `${refused.length} refused${refused.length > 0 ? ` (${refused[0]})` : ''}${failuresOf(records)}`,
    };
  },
};
