// What balancers have shared, as one of them reads and writes it.
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomKeys } from '../../registry/store/kept-keys.js';
import { MemoryStore } from '../../registry/store/memory-store.js';
import { PendingChanges } from '../../registry/store/pending-changes.js';
import { StoreUnavailableError } from '../../registry/store/registry-store.js';
import { StoredFleet } from '../../registry/store/stored-fleet.js';
import { encodeShare } from './share-format.js';
import { SharesInStore } from './shares-in-store.js';

/** A store that a test may switch off, and whose writes it counts. */
class SwitchableStore extends MemoryStore {
  isOff = false;
  writes = 0;

  override async writeShare(balancer: string, text: string): Promise<void> {
    if (this.isOff) throw new StoreUnavailableError('the store is off');
    this.writes++;
    await super.writeShare(balancer, text);
  }

  override async readShares() {
    if (this.isOff) throw new StoreUnavailableError('the store is off');
    return super.readShares();
  }
}

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: string) => void warnings.push(message));
});
afterEach(() => void vi.restoreAllMocks());

function setUp(limits = { classes: 10, machines: 10 }) {
  const clock = { seconds: 1_000 };
  const keys = randomKeys();
  const now = () => clock.seconds;
  const store = new SwitchableStore(keys, now);
  const contents = { records: [], unusable: [], keys, epoch: '', lastVersion: 0, position: '' };
  const fleet = new StoredFleet(store, contents, new PendingChanges(store, [], 'own'));
  return { clock, store, shares: new SharesInStore(fleet, 'own', limits, now) };
}

/** What a balancer shares that knows these classes, by their samples. */
function shareOf(classes: Record<string, number>): string {
  const entries = Object.entries(classes).map(([name, samples]) => [name, { samples, values: [1] }] as const);
  return encodeShare({ balancer: '', rank: 1, classes: new Map(entries), machines: new Map() })!;
}

const classesOf = ({ all }: SharesInStore) =>
  Object.fromEntries(
    all.map(({ balancer, classes }) => [
      balancer,
      Object.fromEntries([...classes].map(([k, { samples }]) => [k, samples])),
    ]),
  );

describe('the shares in a store', () => {
  it('are written one after another, the last one last', async () => {
    const { store, shares } = setUp();
    const writes: string[] = [];
    const { writeShare } = store;
    store.writeShare = async (balancer, text) => {
      writes.push(`begins ${text}`);
      await new Promise(setImmediate);
      await writeShare.call(store, balancer, text);
      writes.push(`ends ${text}`);
    };
    await Promise.all(['a', 'b', 'c'].map((text) => shares.write(text)));
    expect(writes).toEqual(['a', 'b', 'c'].flatMap((text) => [`begins ${text}`, `ends ${text}`]));
  });

  it('are the own one of the time before, and then those that know most', async () => {
    const { store, shares } = setUp();
    await store.writeShare('little', shareOf({ a: 10 }));
    await store.writeShare('own', shareOf({ a: 20 }));
    await store.writeShare('much', shareOf({ a: 10, b: 10 }));
    await shares.readFirst();
    expect(shares.all.map(({ balancer }) => balancer)).toEqual(['own', 'much', 'little']);
    // What this balancer writes from now on is not what it knew before.
    await shares.write(shareOf({ c: 10 }));
    await shares.read();
    expect(classesOf(shares).own).toEqual({ a: 20 });
  });

  it('fade: those of others with their age, and the own one while the balancer runs', async () => {
    const { clock, store, shares } = setUp();
    await store.writeShare('own', shareOf({ a: 80, b: 1 }));
    await store.writeShare('other', shareOf({ a: 80 }));
    clock.seconds += 6 * 3_600;
    await shares.readFirst();
    expect(classesOf(shares)).toEqual({ own: { a: 40, b: 0.5 }, other: { a: 40 } });
    clock.seconds += 1_800;
    expect(classesOf(shares)).toEqual({ own: { a: 20 }, other: { a: 40 } });
    clock.seconds += 10 * 1_800;
    expect(classesOf(shares)).toEqual({ other: { a: 40 } });
  });

  it('are bounded: of each those classes with the most samples', async () => {
    const { store, shares } = setUp({ classes: 2, machines: 2 });
    await store.writeShare('other', shareOf({ a: 1, b: 3, c: 2 }));
    await shares.read();
    expect(classesOf(shares)).toEqual({ other: { b: 3, c: 2 } });
  });

  it('that cannot be used are left out, with one warning each', async () => {
    const { store, shares } = setUp();
    await store.writeShare('good', shareOf({ a: 1 }));
    await store.writeShare('bad', 'no JSON');
    for (let i = 0; i < 3; i++) await shares.read();
    expect(classesOf(shares)).toEqual({ good: { a: 1 } });
    expect(warnings).toEqual(['what "bad" has learned is ignored: it is no JSON']);
  });

  it('are written when they have changed, and once an hour, so that they do not expire', async () => {
    const { clock, store, shares } = setUp();
    for (let i = 0; i < 3; i++) await shares.write('same');
    expect(store.writes).toBe(1);
    await shares.write('other');
    expect(store.writes).toBe(2);
    clock.seconds += 3_601;
    await shares.write('other');
    expect(store.writes).toBe(3);
  });

  it('stay as they were read while the store fails, with one warning until it is back', async () => {
    const { store, shares } = setUp();
    await store.writeShare('other', shareOf({ a: 1 }));
    expect(await shares.read()).toBe(true);
    store.isOff = true;
    expect(await shares.read()).toBe(false);
    await shares.write('own');
    expect(classesOf(shares)).toEqual({ other: { a: 1 } });
    expect(warnings).toEqual(['what is learned cannot be shared: the store is off']);
    store.isOff = false;
    await shares.write('own');
    store.isOff = true;
    await shares.read();
    expect(warnings).toHaveLength(2);
  });
});
