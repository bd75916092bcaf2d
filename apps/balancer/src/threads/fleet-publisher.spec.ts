// The real registry on one side and the replica on the other, with the messages between them delivered by hand.
import { LoadTable } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { EventLog } from '../registry/event-log.js';
import { RegistryStore } from '../registry/store/registry-store.js';
import { RegistryService } from '../registry/registry.service.js';
import { FleetPublisher } from './fleet-publisher.js';
import { FleetReplica } from './fleet-replica.js';
import type { FromThread, ToThread } from './messages.js';

const FAILED = { what: 'exchange-failed', reason: 'exchange failed: connection refused' } as const;

describe('a feed of the fleet', () => {
  beforeEach(() => {
    for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
  });
  afterEach(() => void vi.restoreAllMocks());

  function aPair() {
    const config = loadBalancerConfig({ REGISTRY_FILE: 'none', MAX_BACKENDS: '2' });
    const table = new LoadTable({ resourceCount: 2, slotCount: 2, writerCount: 2 });
    const registry = new RegistryService(table, new EventLog(), new RegistryStore(config), config);
    const toThread: ToThread[] = [];
    const toMain: FromThread[] = [];
    const replica = new FleetReplica({ post: (message) => void toMain.push(message) }, config);
    const feed = new FleetPublisher(registry, (message) => void toThread.push(message));
    registry.listen({ snapshotChanged: () => feed.send() });
    const register = (id: string) => {
      const more = { pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };
      const { backend } = registry.register({ id, url: `http://${id}`, capacity: Float64Array.of(1, 1), ...more });
      registry.observe(backend, { what: 'ping-ok', reason: 'ping: connected' });
      return backend;
    };
    const deliver = async () => {
      await Promise.resolve();
      while (toThread.length + toMain.length > 0) {
        for (const message of toThread.splice(0)) replica.handleMessage(structuredClone(message));
        for (const message of toMain.splice(0)) feed.handleMessage(structuredClone(message));
        await Promise.resolve();
      }
    };
    const ids = () => Array.from(replica.snapshot.slots, (slot) => replica.atSlot(slot)?.id);
    return { registry, replica, feed, register, deliver, ids, toMain };
  }

  it('has the replica follow the registry', async () => {
    const { registry, register, deliver, ids } = aPair();
    const backend = register('a');
    register('b');
    await deliver();
    expect(ids()).toEqual(['a', 'b']);
    registry.observe(backend, { what: 'ping-unanswered', reason: 'ping failed: connection refused' });
    await deliver();
    expect(ids()).toEqual(['b']);
    expect(registry.acknowledgement.isAcknowledged).toBe(true);
  });

  it('tells the registry what the thread saw', async () => {
    const { registry, replica, register, deliver, ids } = aPair();
    const backend = register('a');
    register('b');
    await deliver();
    replica.observe(replica.atSlot(backend.slot)!, FAILED);
    expect(ids()).toEqual(['b']);
    await deliver();
    expect(registry.get('a').health.state).toBe('suspect');
    expect(ids()).toEqual(['b']);
  });

  it('brings back a backend that the thread left out, when the registry finds that it has to serve', async () => {
    const { registry, replica, register, deliver, ids } = aPair();
    for (const id of ['a', 'b']) {
      const backend = register(id);
      registry.observe(backend, { what: 'exchange-failed', reason: 'exchange failed: connection reset' });
    }
    await deliver();
    // Nobody is up, so that suspects serve.
    expect(ids()).toEqual(['a', 'b']);
    replica.observe(replica.atSlot(0)!, FAILED);
    expect(ids()).toHaveLength(1);
    await deliver();
    expect(ids()).toEqual(['a', 'b']);
  });

  it('passes over what is said of a backend that has left, though another one has its slot', async () => {
    const { registry, replica, register, deliver } = aPair();
    const { slot } = register('a');
    await deliver();
    const old = replica.atSlot(slot)!;
    const left = registry.leaveNow('a');
    await deliver();
    await left;
    expect(register('c').slot).toBe(slot);
    await deliver();
    replica.observe(old, FAILED);
    await deliver();
    expect(registry.get('c').health.state).toBe('up');
  });

  it('holds up a drain, and the slot of who has left, until the thread has taken the fleet without it', async () => {
    const { registry, register, deliver } = aPair();
    register('a');
    register('b');
    await deliver();
    const drained = registry.drain('a');
    expect(registry.get('a').draining?.completedAt).toBeUndefined();
    await deliver();
    expect((await drained).draining?.completedAt).toBeInstanceOf(Date);
    const left = registry.leaveNow('b');
    expect(() => register('c')).toThrow(/MAX_BACKENDS/);
    await deliver();
    await left;
    expect(register('c').id).toBe('c');
  });

  it('holds up nothing any more when the thread has ended', async () => {
    const { registry, register, deliver, feed } = aPair();
    register('a');
    await deliver();
    const left = registry.leave('a');
    expect(registry.list()).toHaveLength(1);
    feed.end();
    expect(await left).toBeUndefined();
    expect(registry.list()).toEqual([]);
  });
});
