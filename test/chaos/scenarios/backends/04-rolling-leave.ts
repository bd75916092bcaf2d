// Each backend in turn leaves the fleet, exits, starts and joins again, as when a new version is rolled out.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import { seenUp } from '../../balancers/balancer-process.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { Execution, Leave, Scenario } from '../../scenario.ts';

export const scenario: Scenario = {
  number: 4,
  title: 'rolling leave, exit and join of all',
  bar: '0 lost, no request that was sent after the acknowledgement of the drain',
  async run(stage) {
    const backends = await threeBackends(stage);
    const balancer = await stage.startBalancer({ backends });
    const load = await stage.startLoad({ methods: ['GET', 'POST'] });
    const rounds = stage.seconds(5, 2);
    const leaves = new Map<string, Leave[]>(backends.map(({ id }) => [id, []]));
    for (let round = 0; round < rounds; round++) {
      for (const backend of backends) {
        await sleep(stage.seconds(500, 100));
        leaves.get(backend.id)!.push(await backend.leave());
        await backend.start();
        await seenUp(balancer, [backend.id]);
      }
    }
    const records = await load.stop();
    const executions = journalOf(backends);
    const account = accountOf(records, executions);
    const sentMs = new Map(records.map((record) => [record.id, record.sentMs]));
    // One that was sent before the acknowledgement may have been on its way, however long it took.
    const isLate = ({ id, startedMs }: Execution, { acknowledgedMs, goneMs }: Leave) =>
      startedMs > acknowledgedMs && startedMs <= goneMs && sentMs.get(id)! > acknowledgedMs;
    const afterAcknowledgement = executions.filter((execution) =>
      leaves.get(execution.backend)!.some((leave) => isLate(execution, leave)),
    ).length;
    const failed = failures(records.filter((record) => !isServed(record)));
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + afterAcknowledgement === 0,
      detail: `${rounds} rounds; ${afterAcknowledgement} requests after the acknowledgement${failed && `; ${failed}`}`,
    };
  },
};
