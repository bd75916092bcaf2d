// Latent resources give way where they explain latencies badly, and the operator sees it.
import { setTimeout as wait } from 'node:timers/promises';
import type { MachineList } from '@fairlead/contracts';
import { expect, it } from 'vitest';
import { eventsOf, samplesOf } from '../support/metrics.js';
import { startBalancer, until } from '../support/processes.js';
import { httpUpstream, join } from '../support/upstreams.js';

const MACHINES = 6;
/** The names are words: numbers would make one class of them. */
const PAGES = Array.from({ length: 40 }, (_, at) => `/page-${'abcdefgh'[at % 8]}${'ijklm'[Math.floor(at / 8)]}`);
const CLIENTS = 4;

/** Mostly short, whatever is asked of whom. */
function latencyMs(): number {
  return Math.random() < 0.1 ? 300 : 2;
}

it('a simpler model is used when latencies have nothing to do with requests and machines', async () => {
  const balancer = await startBalancer({ DECLARED_CAPACITY: 'prior', DATA_PLANE_THREADS: '2', DEMAND_SEED: '7' });
  for (let i = 0; i < MACHINES; i++) {
    const { port } = await httpUpstream((_, response) => void wait(latencyMs()).then(() => response.end()));
    await join(balancer, `machine-${i}`, port, { resources: undefined });
  }
  expect(await samplesOf(balancer, 'fairlead_learning_model')).toMatchObject({ 'model="latent"': 1 });

  const stopped = new AbortController();
  const client = async () => {
    while (!stopped.signal.aborted) {
      const page = PAGES[Math.floor(PAGES.length * Math.random())];
      await (await fetch(balancer.url + page)).arrayBuffer();
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  const modelChanges = async () => (await eventsOf(balancer)).filter(({ kind }) => kind === 'learning-model-changed');
  try {
    await until('the model to give way', async () => (await modelChanges()).length > 0);
  } finally {
    stopped.abort();
    await Promise.all(clients);
  }

  const [{ reason, evidence }] = await modelChanges();
  const [, model] = /^latent → (.*), which predicts latencies better$/.exec(reason ?? '') ?? [];
  expect(['least-requests', 'attained-service']).toContain(model);
  expect(evidence?.loss).toBeLessThan(evidence?.formerLoss ?? NaN);
  expect(await samplesOf(balancer, 'fairlead_learning_model')).toMatchObject({
    'model="latent"': 0,
    [`model="${model}"`]: 1,
  });
  expect(Object.keys(await samplesOf(balancer, 'fairlead_learning_loss'))).toEqual([`model="${model}"`]);
  const machines = (await (await fetch(`${balancer.control}/api/v1/machines`)).json()) as MachineList;
  expect(machines.model).toBe(model);
});
