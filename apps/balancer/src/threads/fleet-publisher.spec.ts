// The real registry and a replica; the test delivers the messages between them.
import { LoadTable } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import type { BackendSpec } from '../registry/backend.js';
import { EventLog } from '../registry/event-log.js';
import { emptyFleet } from '../registry/store/store.fixture.js';
import { RegistryService } from '../registry/registry.service.js';
import { FleetPublisher } from './fleet-publisher.js';
import { FleetReplica } from './fleet-replica.js';
import { RecordingMainThread } from './main-thread.fixture.js';
import type { FromThread, ToThread } from './messages.js';
import { OPERATOR } from '../registry/registry.fixture.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

const FAILED = { what: 'exchange-failed', reason: 'exchange failed: connection refused' } as const;

describe('FleetPublisher', () => {
  beforeEach(() => {
    for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
  });
  afterEach(() => void vi.restoreAllMocks());

  function aPair() {
    const config = loadBalancerConfig({ REGISTRY_FILE: 'none', MAX_BACKENDS: '2' });
    const table = new LoadTable({ resourceCount: 2, slotCount: 2, writerCount: 2 });
    const traffic = new CurrentTraffic(config);
    const registry = new RegistryService(table, new EventLog(), emptyFleet(), traffic, config);
    const toThread: ToThread[] = [];
    const toMain: FromThread[] = [];
    const replica = new FleetReplica(new RecordingMainThread(toMain), new CurrentTraffic(config), config);
    const publisher = new FleetPublisher(registry, traffic, traffic.config, (message) => void toThread.push(message));
    registry.listen({ snapshotChanged: () => publisher.send() });
    const register = (id: string, spec: Partial<BackendSpec> = {}) => {
      const more = {
        pool: 'default',
        pingPath: undefined,
        leaseSeconds: undefined,
        labels: {},
        maxInFlight: undefined,
      };
      const complete = { id, url: `http://${id}`, capacity: Float64Array.of(1, 1), ...more, ...spec };
      const { backend } = registry.register(complete, OPERATOR);
      registry.observe(backend, { what: 'ping-ok', reason: 'ping: connected' });
      return backend;
    };
    const deliver = async () => {
      await Promise.resolve();
      while (toThread.length + toMain.length > 0) {
        for (const message of toThread.splice(0)) replica.handleMessage(structuredClone(message));
        for (const message of toMain.splice(0)) publisher.handleMessage(structuredClone(message));
        await Promise.resolve();
      }
    };
    const ids = () => Array.from(replica.pools.all.slots, (slot) => replica.atSlot(slot)?.id);
    return { registry, traffic, toThread, replica, publisher, register, deliver, ids, toMain };
  }

  it('sends a stand-in for the capacity of a backend that declared nothing, and says so', async () => {
    const { register, deliver, replica } = aPair();
    register('a', { capacity: Float64Array.of(4, 8) });
    register('b', { capacity: undefined });
    await deliver();
    const { all } = replica.pools;
    expect(Array.from(all.capacity)).toEqual([4, 8, 4, 8]);
    expect([0, 1].map((position) => all.isDeclaredAt(position))).toEqual([true, false]);
    register('a', { capacity: Float64Array.of(6, 2) });
    await deliver();
    expect(Array.from(replica.pools.all.capacity)).toEqual([6, 2, 6, 2]);
  });

  it('keeps the replica up to date with the registry', async () => {
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

  it("passes the thread's observations to the registry", async () => {
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

  it('returns a backend that the thread left out, when the registry decides that it has to serve', async () => {
    const { registry, replica, register, deliver, ids } = aPair();
    for (const id of ['a', 'b']) {
      const backend = register(id);
      registry.observe(backend, { what: 'exchange-failed', reason: 'exchange failed: connection reset' });
    }
    await deliver();
    // No backend is up, so that suspects serve.
    expect(ids()).toEqual(['a', 'b']);
    replica.observe(replica.atSlot(0)!, FAILED);
    expect(ids()).toHaveLength(1);
    await deliver();
    expect(ids()).toEqual(['a', 'b']);
  });

  it('ignores observations of a backend that has left, also when another one has its slot', async () => {
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

  it('completes a drain, and frees the slot of a backend that left, once the thread has acknowledged', async () => {
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

  it('sends a configuration before the fleet with which the thread acknowledges it', async () => {
    const { registry, traffic, toThread, deliver } = aPair();
    await deliver();
    const replaced = { ...traffic.config, errorPages: [] };
    traffic.replace(replaced);
    expect(registry.acknowledgement.isAcknowledged).toBe(false);
    await Promise.resolve();
    expect(toThread).toEqual([
      { kind: 'traffic', traffic: replaced },
      expect.objectContaining({ kind: 'fleet', version: registry.acknowledgement.version }),
    ]);
    await deliver();
    expect(registry.acknowledgement.isAcknowledged).toBe(true);
    traffic.replace(replaced);
    await Promise.resolve();
    expect(toThread.map(({ kind }) => kind)).toEqual(['fleet']);
  });

  it('does not wait for a thread that has ended', async () => {
    const { registry, register, deliver, publisher } = aPair();
    register('a');
    await deliver();
    const left = registry.leave('a');
    expect(registry.list()).toHaveLength(1);
    publisher.end();
    expect(await left).toBeUndefined();
    expect(registry.list()).toEqual([]);
  });
});
