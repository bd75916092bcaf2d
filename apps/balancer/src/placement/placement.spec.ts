import { LoadTable, NO_LATENT_DEMAND, createPolicy, seededRandom } from '@fairlead/scheduling';
import { expect, it } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import type { FleetBackend } from '../registry/snapshot/fleet.js';
import { FleetReplica } from '../threads/fleet-replica.js';
import { RecordingMainThread } from '../threads/main-thread.fixture.js';
import { Placement } from './placement.js';
import { TrustedLearning } from './trusted-learning.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

function somePlacements() {
  const config = loadBalancerConfig({});
  const table = new LoadTable({ resourceCount: 2, slotCount: 3, writerCount: 1 });
  const learning = new TrustedLearning(
    new FleetReplica(new RecordingMainThread(), new CurrentTraffic(config), config),
    table,
    config,
  );
  const policy = createPolicy('round-robin', { table, clock: () => 0, random: seededRandom(1) });
  const classId = learning.classify({ method: 'GET', target: '/', bodyBytes: 0 });
  const reserve = (placement: Placement, slot: number, atSeconds: number) =>
    placement.reserve(
      aBackend(slot),
      { demand: Float64Array.of(1, 2), latent: NO_LATENT_DEMAND, classId },
      atSeconds,
      policy,
    );
  return { table, reserve, aPlacement: () => new Placement({ table, row: table.own, learning }) };
}

function aBackend(slot: number): FleetBackend {
  return { id: `b${slot}`, url: `http://127.0.0.1:${slot}`, pool: 'default', slot, incarnation: 0, startedAt: 0 };
}

const inFlight = (table: LoadTable) => [0, 1, 2].map((slot) => table.active(slot));

it('serves one attempt after another, each released once', () => {
  const { table, reserve, aPlacement } = somePlacements();
  const placement = aPlacement();
  reserve(placement, 0, 1);
  expect(placement.fail()).toBe(true);
  reserve(placement, 1, 2);
  expect(inFlight(table)).toEqual([0, 1, 0]);
  expect(placement.complete(3)).toBe(true);
  expect([placement.complete(3), placement.fail(), placement.cancel()]).toEqual([false, false, false]);
  expect(inFlight(table)).toEqual([0, 0, 0]);
  expect([table.failed(0), table.failed(1)]).toEqual([1, 0]);
});

it('cancels a reservation that it holds when it is reserved again, and no other', () => {
  const { table, reserve, aPlacement } = somePlacements();
  const [moved, other] = [aPlacement(), aPlacement()];
  reserve(moved, 0, 1);
  reserve(other, 0, 1);
  reserve(moved, 0, 2);
  reserve(moved, 2, 3);
  expect(inFlight(table)).toEqual([1, 0, 1]);
  expect(other.complete(4)).toBe(true);
  expect(moved.complete(5)).toBe(true);
  expect(inFlight(table)).toEqual([0, 0, 0]);
});

it('counts one error when the body of a 5xx response breaks off, and again in the next attempt', () => {
  const { table, reserve, aPlacement } = somePlacements();
  const placement = aPlacement();
  reserve(placement, 0, 1);
  placement.recordServerError();
  expect(placement.fail()).toBe(true);
  expect(table.failed(0)).toBe(1);
  reserve(placement, 0, 2);
  placement.fail();
  reserve(placement, 0, 3);
  placement.recordServerError();
  placement.complete(4);
  expect(table.failed(0)).toBe(3);
});
