// What a balancer adopts from the shares of others while it runs.
import { LatentLearner, seededRandom, type LatentTable, type SharedTable } from '@fairlead/scheduling';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { aRegistry } from '../../registry/registry.fixture.js';
import { randomKeys } from '../../registry/store/kept-keys.js';
import { MemoryStore } from '../../registry/store/memory-store.js';
import { PendingChanges } from '../../registry/store/pending-changes.js';
import { StoredFleet } from '../../registry/store/stored-fleet.js';
import type { LatentModel } from '../latent/latent-model.js';
import { KnowledgeSharing } from './knowledge-sharing.js';
import { encodeShare } from './share-format.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const CLASSES = ['GET /a', 'GET /b', 'GET /c'];
const MACHINES = ['m1', 'm2', 'm3'];

/** What another balancer shares that knows the classes and machines, and one more class: all are alike. */
function aShare(rank: number): string {
  const entries = (names: readonly string[]) =>
    new Map(names.map((name) => [name, { samples: 100, values: Array<number>(rank).fill(1) }]));
  return encodeShare({ balancer: '', rank, classes: entries([...CLASSES, 'GET /e']), machines: entries(MACHINES) })!;
}

it('goes on adopting when this balancer has come to use another number of latent resources', async () => {
  const { registry, config, join } = aRegistry();
  for (const id of MACHINES) join(id);
  const keys = randomKeys();
  const store = new MemoryStore(keys);
  const contents = { records: [], unusable: [], keys, epoch: '', lastVersion: 0, position: '' };
  const stored = new StoredFleet(store, contents, new PendingChanges(store, [], 'own'));
  const shape = { classCount: 4, slotCount: 4, rankLimit: 3 };
  const { table } = new LatentLearner(shape, seededRandom(1));
  const adopted: number[] = [];
  const beliefs = {
    table: { ...table, model: 'latent', rank: 3 } as LatentTable,
    numbers: new Map(CLASSES.map((name, i) => [name, i])),
  };
  const model = {
    beliefs,
    expectClasses: () => {},
    adopt: ({ rank }: SharedTable) => void adopted.push(rank),
  };
  await store.writeShare('other', aShare(3));
  const sharing = new KnowledgeSharing(model as unknown as LatentModel, registry, stored, config);
  await sharing.onModuleInit();
  expect(adopted).toEqual([3]);
  // By its own samples.
  beliefs.table = {
    ...table,
    model: 'attained-service',
    rank: 1,
    classSamples: Float64Array.of(50, 50, 50, 0),
    slotSamples: Float64Array.of(50, 50, 50, 0),
  };
  await store.writeShare('other', aShare(1));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(adopted.at(-1)).toBe(1);
  expect(sharing.sourcesOfClass('GET /e')).toEqual(['other']);
  await sharing.onModuleDestroy();
});
