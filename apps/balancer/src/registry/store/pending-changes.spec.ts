import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStore } from './memory-store.js';
import { PendingChanges } from './pending-changes.js';
import { StoreUnavailableError, type ChangeResult, type NewRecord } from './registry-store.js';
import { aBackend, aRecord } from './store.fixture.js';

/** A store that a server keeps: its answers may be delayed, and it may be away. */
class RemoteStore extends MemoryStore {
  override readonly isShared: boolean = true;
  isAway = false;
  /** Answers wait for it. */
  delay: Promise<void> = Promise.resolve();
  /** The changes that arrived. */
  readonly arrived: string[] = [];

  override async check(): Promise<void> {
    await this.answer();
  }

  override async put(record: NewRecord, expected: number): Promise<ChangeResult> {
    this.arrived.push(`put ${record.backend.id} ${record.backend.maxInFlight ?? ''}`.trim());
    await this.answer();
    return super.put(record, expected);
  }

  override async remove(id: string, expected: number): Promise<ChangeResult> {
    this.arrived.push(`remove ${id}`);
    await this.answer();
    return super.remove(id, expected);
  }

  private async answer(): Promise<void> {
    await this.delay;
    if (this.isAway) throw new StoreUnavailableError('the store is away');
  }
}

class OwnStore extends RemoteStore {
  override readonly isShared = false;
}

describe('PendingChanges', () => {
  let logged: string[];

  beforeEach(() => {
    logged = [];
    for (const level of ['log', 'warn'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((message: unknown) => void logged.push(String(message)));
    }
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  function changesIn<Store extends RemoteStore>(store: Store) {
    const changes = new PendingChanges(store, [], 'balancer-1');
    const stored = async () => (await store.read()).records;
    const limits = async () => (await stored()).map(({ backend }) => `${backend.id} ${backend.maxInFlight}`);
    return { store, changes, stored, limits };
  }

  it('writes the newest state of a backend once, while an older one is being written', async () => {
    const { store, changes, limits } = changesIn(new RemoteStore());
    for (const maxInFlight of [1, 2, 3]) changes.save(aBackend('a', { maxInFlight }));
    expect(await changes.whenSettled('a')).toEqual({ kind: 'stored' });
    expect(await limits()).toEqual(['a 3']);
    expect(store.arrived).toEqual(['put a 1', 'put a 3']);
  });

  it('keeps the incarnation of a backend until it is removed', async () => {
    const { changes, stored } = changesIn(new RemoteStore());
    const incarnations: string[] = [];
    const save = async () => {
      changes.save(aBackend('a'));
      await changes.whenSettled('a');
      incarnations.push((await stored())[0].incarnation);
    };
    await save();
    await save();
    changes.remove('a', 'left');
    await changes.whenSettled('a');
    expect(await stored()).toEqual([]);
    await save();
    expect(incarnations[1]).toBe(incarnations[0]);
    expect(incarnations[2]).not.toBe(incarnations[0]);
  });

  it('stores no backend that did not register, and removes none that was not stored', async () => {
    const { store, changes } = changesIn(new RemoteStore());
    changes.save(aBackend('a', { source: 'static' }));
    changes.remove('b', 'left');
    await changes.close();
    expect(store.arrived).toEqual([]);
  });

  it('keeps changes while the store is away, without waiting for it, and writes them when it is back', async () => {
    vi.useFakeTimers();
    const { store, changes, stored } = changesIn(new RemoteStore());
    for (const id of ['a', 'b']) changes.save(aBackend(id));
    await changes.whenSettled('b');
    store.isAway = true;
    changes.remove('a', 'left');
    expect(await changes.whenSettled('a')).toEqual({ kind: 'kept' });
    store.delay = new Promise(() => {});
    changes.save(aBackend('c'));
    changes.save(aBackend('d'));
    changes.remove('d', 'left');
    expect(await changes.whenSettled('c')).toEqual({ kind: 'kept' });
    expect((await stored()).map(({ backend }) => backend.id)).toEqual(['a', 'b']);

    store.delay = Promise.resolve();
    store.isAway = false;
    await vi.advanceTimersByTimeAsync(store.retryAfterMs);

    expect((await stored()).map(({ backend }) => backend.id)).toEqual(['b', 'c']);
    expect(await changes.whenSettled('c')).toEqual({ kind: 'stored' });
    expect(logged).toEqual([
      'the store is away',
      'the registry in memory can be written again; the pending changes were written',
    ]);
    expect(store.arrived).not.toContain('put d');
  });

  it('finds out that a store cannot be written, and that it can be again, without a change', async () => {
    vi.useFakeTimers();
    const { store, changes } = changesIn(new RemoteStore());
    store.isAway = true;
    await changes.check();
    await vi.advanceTimersByTimeAsync(3 * store.retryAfterMs);
    store.isAway = false;
    await vi.advanceTimersByTimeAsync(store.retryAfterMs);
    expect(logged).toHaveLength(2);
  });

  it('knows since when a store of its own cannot be written, and why', async () => {
    vi.useFakeTimers();
    const store = new OwnStore();
    const { changes } = changesIn(store);
    expect(changes.ownState).toEqual({ state: 'current', since: new Date(), reason: undefined });
    vi.advanceTimersByTime(1000);
    store.isAway = true;
    const away = { state: 'away', since: new Date(), reason: 'the store is away' };
    for (const id of ['a', 'b']) {
      changes.save(aBackend(id));
      await changes.whenSettled(id);
      expect(changes.ownState).toEqual(away);
      vi.advanceTimersByTime(100);
    }
    store.isAway = false;
    await vi.advanceTimersByTimeAsync(store.retryAfterMs);
    expect(changes.ownState).toMatchObject({ state: 'current', reason: undefined });
    expect(changes.ownState.since.getTime()).toBeGreaterThan(away.since.getTime());
  });

  it('tries a store of its own with each change, and then writes all that is pending', async () => {
    vi.useFakeTimers();
    const { store, changes, limits } = changesIn(new OwnStore());
    store.isAway = true;
    changes.save(aBackend('a', { maxInFlight: 1 }));
    await changes.whenSettled('a');
    store.isAway = false;
    changes.save(aBackend('b', { maxInFlight: 2 }));
    await vi.advanceTimersByTimeAsync(0);
    expect((await limits()).toSorted()).toEqual(['a 1', 'b 2']);
    expect(logged).toHaveLength(2);
  });

  it('drops a change of what another balancer has changed, and reports it', async () => {
    const { store, changes, limits } = changesIn(new RemoteStore());
    const reported: unknown[] = [];
    changes.handler = {
      onConflict: (id, { present }) => {
        reported.push([id, present?.changedBy]);
        if (present) changes.learn(present);
      },
      onStored: () => {},
      onRemoved: () => {},
      onFailure: () => {},
    };
    await store.put(aRecord('a', { maxInFlight: 7 }, { changedBy: 'balancer-2' }), 0);
    changes.save(aBackend('a', { maxInFlight: 1 }));
    expect(await changes.whenSettled('a')).toMatchObject({
      kind: 'conflict',
      present: { changedBy: 'balancer-2', backend: { maxInFlight: 7 } },
    });
    expect(reported).toEqual([['a', 'balancer-2']]);
    expect(await limits()).toEqual(['a 7']);
    // It knows the version from then on.
    changes.save(aBackend('a', { maxInFlight: 2 }));
    expect(await changes.whenSettled('a')).toEqual({ kind: 'stored' });
    expect(await limits()).toEqual(['a 2']);
  });

  it.each([
    ['is stored', 'after another balancer has removed the backend', 'stored', ['a 3']],
    ['is dropped', 'before that', 'conflict', []],
  ] as const)('a change %s which was made, while one is on its way, %s', async (_, when, kind, limits) => {
    const { store, changes, limits: stored } = changesIn(new RemoteStore());
    changes.handler = { onConflict: () => {}, onStored: () => {}, onRemoved: () => {}, onFailure: () => {} };
    changes.save(aBackend('a', { maxInFlight: 1 }));
    await changes.whenSettled('a');
    const { promise, resolve } = Promise.withResolvers<void>();
    store.delay = promise;
    changes.save(aBackend('a', { maxInFlight: 2 }));
    await MemoryStore.prototype.remove.call(store, 'a', changes.lastVersion);
    const removedAt = changes.lastVersion + 1;
    const steps = [() => changes.unlearn('a', removedAt), () => changes.save(aBackend('a', { maxInFlight: 3 }))];
    for (const step of when === 'before that' ? steps.toReversed() : steps) step();
    const settled = changes.whenSettled('a');
    resolve();
    expect(await settled).toMatchObject({ kind });
    expect(await stored()).toEqual(limits);
  });

  it('overwrites what another process has put into a store of its own', async () => {
    const { store, changes, limits } = changesIn(new OwnStore());
    await store.put(aRecord('a', { maxInFlight: 7 }), 0);
    await store.put(aRecord('b', { maxInFlight: 7 }), 0);
    for (const id of ['a', 'b']) changes.save(aBackend(id, { maxInFlight: 1 }));
    await changes.whenSettled('b');
    expect(await limits()).toEqual(['a 1', 'b 1']);
    const { version } = (await store.read()).records[1];
    await store.remove('b', version);
    changes.remove('b', 'left');
    expect(await changes.whenSettled('b')).toEqual({ kind: 'stored' });
  });

  it('ends when what is being written has been written', async () => {
    const { store, changes, limits } = changesIn(new RemoteStore());
    const { promise, resolve } = Promise.withResolvers<void>();
    store.delay = promise;
    changes.save(aBackend('a', { maxInFlight: 1 }));
    const closed = changes.close();
    changes.save(aBackend('b', { maxInFlight: 1 }));
    resolve();
    await closed;
    expect(await limits()).toEqual(['a 1']);
  });
});
