// Redis answers late, then hangs, then resets all connections; backends join and leave in each of these times.
import { setTimeout as sleep } from 'node:timers/promises';
import { latencyMs, quantile } from '../../account.ts';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { lapsesOf, shown } from '../../cluster/views.ts';
import { monotonicMs } from '../../clock.ts';
import type { Scenario } from '../../scenario.ts';

const AGREED_WITHIN_MS = 3_000;
/** Of a request that waits for nothing but a backend. Each command at the store may take a second. */
const SERVED_WITHIN_MS = 500;
/** Each way: late, but not so late that a command fails. */
const DELAY_MS = 100;

export const scenario: Scenario = {
  number: 24,
  title: 'Redis answers late, then hangs, then resets',
  bar:
    '0 lost, 0 executed twice, no lease lapses, all views equal; ' +
    `long form: within ${AGREED_WITHIN_MS / 1000} s, no response over ${SERVED_WITHIN_MS} ms`,
  needs: ['redis-server'],
  async run(stage) {
    const cluster = await startCluster(stage, { isRelayed: true });
    const { relay, registry } = cluster;
    const faults = [
      { name: 'late', begin: () => relay.suffer({ kind: 'delay', ms: DELAY_MS }), end: () => relay.suffer(undefined) },
      { name: 'hanging', begin: () => registry.pause(), end: () => registry.resume() },
      { name: 'resetting', begin: () => relay.suffer({ kind: 'reset' }), end: () => relay.suffer(undefined) },
    ];
    const load = await cluster.startLoad({ methods: ['GET', 'POST'] });
    const times: { readonly name: string; readonly tookMs: number; readonly fromMs: number; readonly toMs: number }[] =
      [];
    for (const { name, begin, end } of faults) {
      await sleep(stage.seconds(5_000, 1_000));
      const fromMs = monotonicMs();
      begin();
      await Promise.all([sleep(stage.seconds(60_000, 5_000)), cluster.replaceOldest()]);
      end();
      times.push({ name, fromMs, tookMs: await cluster.agreed(), toMs: monotonicMs() });
    }
    await cluster.seenUp();
    const records = await load.stop();
    const account = cluster.account(records);
    const lapses = await lapsesOf(cluster.balancers);
    const figures = times.map(({ name, tookMs, fromMs, toMs }) => {
      const latencies = records.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs).map(latencyMs);
      return { name, tookMs, p99Ms: quantile(latencies, 0.99), longestMs: quantile(latencies, 1) };
    });
    const isQuick = figures.every(
      ({ tookMs, longestMs }) =>
        stage.isWithin(tookMs, AGREED_WITHIN_MS) && stage.isWithin(longestMs, SERVED_WITHIN_MS),
    );
    const sentences = figures.map(
      ({ name, tookMs, p99Ms, longestMs }) =>
        `${name}: p99 ${p99Ms.toFixed(0)} ms, longest ${longestMs.toFixed(0)} ms, views equal ${tookMs} ms after its end`,
    );
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + lapses.length === 0 && isQuick,
      detail: `${sentences.join('; ')}; ${shown(lapses)}${failuresOf(records)}`,
    };
  },
};
