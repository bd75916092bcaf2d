import { LoadTable, Reservation } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { EventLog } from './event-log.js';
import { RegistryStore } from './store/registry-store.js';
import { RegistryService } from './registry.service.js';

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

function aRegistry() {
  const config = loadBalancerConfig({ REGISTRY_FILE: 'none' });
  const table = new LoadTable({ resourceCount: 2, slotCount: 2, writerCount: 1 });
  const registry = new RegistryService(table, new EventLog(), new RegistryStore(config), config);
  const register = (id: string) => {
    const more = { pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };
    return registry.register({ id, url: `http://${id}`, capacity: Float64Array.of(1, 1), ...more });
  };
  return { table, registry, register };
}

it('takes a backend back whose last exchange ended a moment ago, when it was leaving', async () => {
  const { table, registry, register } = aRegistry();
  const { backend } = register('a');
  const exchange = new Reservation(table.own, backend.slot, Float64Array.of(1, 1));
  await registry.leave('a');
  exchange.release();

  register('a');

  expect(registry.list()).toMatchObject([{ id: 'a', draining: undefined }]);
});
