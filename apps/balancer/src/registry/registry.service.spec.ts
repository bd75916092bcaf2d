import { performance } from 'node:perf_hooks';
import type { Environment } from '@fairlead/configuration';
import { LoadTable, Reservation } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { EventLog } from './event-log.js';
import { emptyFleet } from './store/store.fixture.js';
import { RegistryService } from './registry.service.js';
import { OPERATOR } from './registry.fixture.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

/** The monotonic clock of the registry, which only the test moves. */
function aClock() {
  const clock = { seconds: 1_000 };
  vi.spyOn(performance, 'now').mockImplementation(() => clock.seconds * 1_000);
  return clock;
}

function aRegistry(environment: Environment = {}) {
  const config = loadBalancerConfig({ REGISTRY_FILE: 'none', ...environment });
  const table = new LoadTable({ resourceCount: 2, slotCount: 2, writerCount: 1 });
  const events = new EventLog();
  const registry = new RegistryService(table, events, emptyFleet(), new CurrentTraffic(config), config);
  const register = (id: string, leaseSeconds?: number) => {
    const more = { pool: 'default', pingPath: undefined, leaseSeconds, labels: {}, maxInFlight: undefined };
    return registry.register({ id, url: `http://${id}`, capacity: Float64Array.of(1, 1), ...more }, OPERATOR);
  };
  /** Registers a backend with one exchange in flight. */
  const registerBusy = (id: string) => {
    const { backend } = register(id);
    return { backend, exchange: new Reservation(table.own, backend.slot, Float64Array.of(1, 1)) };
  };
  return { table, events, registry, register, registerBusy };
}

it('registers a backend as new when its drain had finished, although no sweep has seen that', async () => {
  const { registry, register, registerBusy } = aRegistry();
  const { exchange } = registerBusy('a');
  await registry.leave('a');
  exchange.release();

  expect(register('a').isNew).toBe(true);

  expect(registry.list()).toMatchObject([{ id: 'a', draining: undefined }]);
});

it('changes nothing when backends are read', async () => {
  const { events, registry, registerBusy } = aRegistry();
  const paused = registerBusy('paused');
  const leaving = registerBusy('leaving');
  await registry.drain('paused');
  await registry.leave('leaving');
  paused.exchange.release();
  leaving.exchange.release();
  const before = { events: events.newest(), pools: registry.pools, version: registry.acknowledgement.version };

  expect(registry.list().map(({ id }) => id)).toEqual(['leaving', 'paused']);
  expect(registry.get('paused').draining).toMatchObject({ completedAt: undefined });
  expect(registry.get('leaving')).toBe(leaving.backend);

  expect(events.newest()).toEqual(before.events);
  expect(registry.pools).toBe(before.pools);
  expect(registry.acknowledgement.version).toBe(before.version);
});

it('completes drains in a sweep, also while leases are held for a shutdown', async () => {
  const clock = aClock();
  const { events, registry, register, registerBusy } = aRegistry();
  register('leased', 1);
  const paused = registerBusy('paused');
  await registry.drain('paused');
  registry.selfPreservation.holdLeases();
  clock.seconds += 2;

  registry.sweep();
  expect(registry.get('paused').draining?.completedAt).toBeUndefined();
  paused.exchange.release();
  registry.sweep();

  expect(registry.get('paused').draining?.completedAt).toBeInstanceOf(Date);
  expect(events.newest().at(-1)).toMatchObject({ kind: 'drained', backend: 'paused' });
  expect(registry.list().map(({ id }) => id)).toEqual(['leased', 'paused']);
});

it('ends the exchanges of a drain whose deadline has passed, once, in a sweep', async () => {
  const clock = aClock();
  const { registry, registerBusy } = aRegistry();
  const { backend, exchange } = registerBusy('a');
  const disconnected: unknown[] = [];
  registry.listen({ disconnect: (slot, scope) => disconnected.push([slot, scope]) });
  await registry.leave('a', 5);
  clock.seconds += 4.9;
  registry.sweep();
  expect(disconnected).toEqual([]);

  clock.seconds += 0.2;
  registry.sweep();
  registry.sweep();
  expect(disconnected).toEqual([[backend.slot, 'all']]);

  exchange.release();
  registry.sweep();
  expect(registry.list()).toEqual([]);
});

it('has the keys of its store, or those that follow from STICKINESS_KEY', () => {
  const keysWith = (environment: Environment) => {
    const { hashKey, cookieKey } = aRegistry(environment).registry;
    return [...hashKey, cookieKey];
  };
  const shared = { STICKINESS_KEY: 'a secret of two balancers, 32 characters' };
  expect(keysWith(shared)).toEqual(keysWith(shared));
  expect(keysWith({ STICKINESS_KEY: `${shared.STICKINESS_KEY}!` })[0]).not.toBe(keysWith(shared)[0]);
  expect(keysWith({})).not.toEqual(keysWith({}));
});
