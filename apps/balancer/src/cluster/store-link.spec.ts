// How long a fleet stays valid once the store no longer confirms it.
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { sharedSecondsFromMs } from '../clock/monotonic.js';
import { EventLog } from '../registry/event-log.js';
import { aRegistry } from '../registry/registry.fixture.js';
import { ClusterFacts } from '../registry/snapshot/cluster-facts.js';
import { randomKeys } from '../registry/store/kept-keys.js';
import { MemoryStore } from '../registry/store/memory-store.js';
import { PendingChanges } from '../registry/store/pending-changes.js';
import { StoreUnavailableError, type StoreFollower, type Subscription } from '../registry/store/registry-store.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import { StoreLink } from './store-link.js';

const OFF = new StoreUnavailableError('the store is off');

/** A store that several balancers use, whose tests decide what becomes of each try to read it. */
class SharedStore extends MemoryStore {
  override readonly isShared = true;
  override readonly retryAfterMs = 1;
  follower: StoreFollower | undefined;
  private readonly tries: PromiseWithResolvers<never>[] = [];
  private onTry: () => void = () => {};

  override read() {
    const next = Promise.withResolvers<never>();
    this.tries.push(next);
    this.onTry();
    return next.promise;
  }

  /** Waits for the next try. Returns what has it fail. */
  async nextTry(): Promise<() => Promise<void>> {
    while (this.tries.length === 0) await new Promise<void>((resolve) => (this.onTry = resolve));
    const [{ reject }] = this.tries.splice(0, 1);
    return async () => {
      reject(OFF);
      await new Promise(setImmediate);
    };
  }

  override follow(_position = '', follower?: StoreFollower): Subscription {
    this.follower = follower;
    return { close: () => {} };
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** A link that has just been confirmed. */
async function setUp() {
  const keys = randomKeys();
  const store = new SharedStore(keys);
  const contents = { records: [], unusable: [], keys, epoch: '', lastVersion: 0, position: '' };
  const facts = new ClusterFacts();
  const { registry, config } = aRegistry();
  const stored = new StoredFleet(store, contents, new PendingChanges(store, [], 'own'));
  const link = new StoreLink(stored, registry, facts, new EventLog(), config);
  link.onApplicationBootstrap();
  onTestFinished(() => link.onModuleDestroy());
  const validSeconds = () => facts.validUntilSeconds - sharedSecondsFromMs(performance.now());
  /** What was read before does not go on. */
  const fail = () => store.follower?.failed(OFF);
  return { store, link, validSeconds, fail };
}

it('it is served for five seconds from the begin of each try that fails', async () => {
  const { store, link, validSeconds, fail } = await setUp();
  expect(validSeconds()).toBeCloseTo(2, 3);
  fail();
  expect(validSeconds()).toBeCloseTo(5, 3);
  expect(link.state.state).toBe('away');
  for (let i = 0; i < 3; i++) {
    const failTry = await store.nextTry();
    vi.advanceTimersByTime(3_000);
    await failTry();
    expect(validSeconds()).toBeCloseTo(2, 3);
  }
});

it('the first failure after a time without confirmation is no news, and the second one is', async () => {
  const { store, link, validSeconds, fail } = await setUp();
  // As after a suspension.
  vi.advanceTimersByTime(5_500);
  fail();
  await (
    await store.nextTry()
  )();
  expect(validSeconds()).toBeLessThan(0);
  expect(link.state.state).toBe('current');
  await (
    await store.nextTry()
  )();
  expect(validSeconds()).toBeCloseTo(5, 3);
  expect(link.state.state).toBe('away');
});

it('a try during which the process was suspended does not make it valid again', async () => {
  const { store, validSeconds, fail } = await setUp();
  fail();
  const failTry = await store.nextTry();
  vi.advanceTimersByTime(5_500);
  await failTry();
  expect(validSeconds()).toBeLessThan(0);
});
