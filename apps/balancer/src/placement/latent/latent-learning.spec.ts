// What a thread that serves clients passes on of the reports of backends.
import { performance } from 'node:perf_hooks';
import { FleetSnapshot, LatencyLog, LoadTable, type LatentTable } from '@fairlead/scheduling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../../config/balancer.config.js';
import type { FleetBackend, FleetListener } from '../../registry/snapshot/fleet.js';
import { LatentLearning } from './latent-learning.js';
import { LatentLink, type Beliefs } from './latent-link.js';

/** Keeps what is passed on. */
class KeptLink extends LatentLink {
  readonly log = new LatencyLog();
  readonly passedOn: unknown[] = [];
  use: (beliefs: Beliefs) => void = () => {};

  nameClass(): void {}

  reportCost(name: string, { units, reports }: { units: readonly number[]; reports: number }): void {
    this.passedOn.push({ name, units, reports });
  }

  reportUtilization(slot: number, utilization: readonly number[]): void {
    this.passedOn.push({ slot, utilization });
  }

  listen(use: (beliefs: Beliefs) => void): void {
    this.use = use;
  }
}

function setUp() {
  const config = loadBalancerConfig({ REGISTRY_FILE: 'none', DECLARED_CAPACITY: 'prior' });
  const table = new LoadTable({ resourceCount: 2, slotCount: 8, writerCount: 1 });
  const link = new KeptLink();
  let free: (slot: number) => void = () => {};
  const fleet = { listen: ({ slotFreed }: FleetListener) => (free = slotFreed ?? free) };
  const learning = new LatentLearning(link, fleet, table, config);
  const classId = learning.classify({ method: 'GET', target: '/a', bodyBytes: 0 });
  const read = (slot: number, report: string) =>
    learning.readReport(classId, { 'endpoint-load-metrics': report }, { id: `b${slot}`, slot } as FleetBackend);
  return {
    learning,
    link,
    classId,
    passedOn: link.passedOn,
    read,
    free: (slot: number) => free(slot),
    counts: table.own.counts,
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the utilization that a backend reports', () => {
  it('is passed on with the resources that it is about, and is no cost', () => {
    const { read, passedOn, counts } = setUp();
    read(3, 'TEXT cpu_utilization=0.5');
    expect(passedOn).toEqual([{ slot: 3, utilization: [0.5, NaN] }]);
    expect(counts.reportsAccepted).toBe(1);
  });

  it('is passed on with the cost of the request', () => {
    const { read, passedOn } = setUp();
    read(3, 'JSON {"utilization":{"storage":0.25},"request_cost":{"compute":3}}');
    vi.advanceTimersByTime(500);
    expect(passedOn).toEqual([
      { slot: 3, utilization: [NaN, 0.25] },
      { name: 'GET /a', units: [3, 0], reports: 1 },
    ]);
  });

  it('is passed on once a second at most, for each backend', () => {
    const { read, passedOn } = setUp();
    const now = vi.spyOn(performance, 'now');
    for (let i = 0; i < 25; i++) {
      now.mockReturnValue(100 * i);
      for (const slot of [1, 2]) read(slot, `TEXT utilization.storage=0.${i}`);
    }
    expect(passedOn).toEqual(
      ['0.0', '0.10', '0.20'].flatMap((storage) =>
        [1, 2].map((slot) => ({ slot, utilization: [NaN, Number(storage)] })),
      ),
    );
  });

  it.each([
    'TEXT utilization.storage=-1',
    'TEXT cpu_utilization=NaN',
    'TEXT utilization.gpu=0.5',
    'TEXT mem_utilization=1',
  ])('is ignored and counted when it says nothing of the fleet: %s', (report) => {
    const { read, passedOn, counts } = setUp();
    read(1, report);
    expect(passedOn).toEqual([]);
    expect(counts.reportsIgnored).toBe(1);
  });
});

describe('the cost that backends report', () => {
  /** Lets each backend report its own cost, by slot, for `seconds`. */
  function reportAll({ read }: ReturnType<typeof setUp>, costs: readonly number[], seconds: number, from = 0): void {
    const now = vi.spyOn(performance, 'now');
    for (let i = 0; i < 10 * seconds; i++) {
      now.mockReturnValue(1000 * from + 100 * i);
      costs.forEach((compute, slot) => read(slot, `TEXT request_cost.compute=${compute}`));
      vi.advanceTimersByTime(100);
    }
  }

  it('is passed on twice a second, as most of them report it', () => {
    const setup = setUp();
    reportAll(setup, [3, 3, 3000, 3, 3], 4);
    expect(setup.passedOn).toHaveLength(8);
    expect(setup.passedOn.at(-1)).toMatchObject({ name: 'GET /a', units: [3, 0] });
  });

  it('is passed on when no other report follows', () => {
    const { read, passedOn } = setUp();
    read(0, 'TEXT request_cost.compute=1');
    read(0, 'TEXT request_cost.compute=1');
    expect(passedOn).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(passedOn).toEqual([{ name: 'GET /a', units: [1, 0], reports: 2 }]);
    vi.advanceTimersByTime(5000);
    expect(passedOn).toHaveLength(1);
  });

  it('is that of the backends that are there', () => {
    const setup = setUp();
    reportAll(setup, [1, 3], 2);
    setup.free(0);
    setup.free(1);
    reportAll(setup, [7], 2, 2);
    expect(setup.passedOn.at(-1)).toMatchObject({ units: [7, 0] });
  });
});

describe('the demand of a class for declared resources', () => {
  /** Its demand where one of two backends has no storage, if this is believed of it. */
  function estimateOf(demand: readonly number[], cost?: readonly number[], [compute, storage] = [10, 10]): number[] {
    const { learning, link, classId } = setUp();
    const rankLimit = demand.length;
    const table = {
      shape: { classCount: 1, slotCount: 2, rankLimit },
      rank: rankLimit,
      demand: Float64Array.from(demand),
      slowness: new Float64Array(2 * rankLimit).fill(1),
      classSamples: Float64Array.of(50),
    } as Partial<LatentTable> as LatentTable;
    const reported = [cost && { units: cost, reports: 30 }];
    link.use({ table, names: ['GET /a'], numbers: new Map([['GET /a', 0]]), reported, isAnchored: true });
    const capacities = [
      [compute, storage],
      [compute, 0],
    ];
    learning.useFleet(
      new FleetSnapshot(
        2,
        capacities.map((capacity, slot) => ({ slot, capacity })),
      ),
    );
    return [...learning.estimate(classId)];
  }

  it('leaves a resource out that some backend lacks, unless latency shows that it is what the class needs most', () => {
    expect(estimateOf([2, 1, 1])).toEqual([2, 0]);
    expect(estimateOf([1, 4, 1])).toEqual([1, 4]);
    // Nothing is known: the third latent resource is no declared one.
    expect(estimateOf([1, 1, 0.02])).toEqual([1, 1]);
  });

  it('is kept as it is reported', () => {
    expect(estimateOf([5, 5, 5], [2, 1])).toEqual([2, 1]);
    expect(estimateOf([5, 5, 5], [2, 0.05])).toEqual([2, 0]);
  });

  it.each([
    ['reported', undefined, [100, 2]],
    ['inferred', [100, 2.1, 1], undefined],
  ])('is compared in seconds, not in units, when it is %s', (_, inferred = [5, 5, 5], cost) => {
    // Compute in milliseconds of CPU time, and storage in MB.
    expect(estimateOf(inferred, cost, [4000, 20])).toEqual((cost ?? inferred).slice(0, 2));
    expect(estimateOf(inferred, cost, [4000, 2000])).toEqual([100, 0]);
  });

  it('is as much of each in seconds where the model has fewer resources than are declared', () => {
    expect(estimateOf([100], undefined, [4000, 20])).toEqual(
      [50, 0.25].map((units) => expect.closeTo(units) as number),
    );
    expect(estimateOf([100], [100, 2], [4000, 20])).toEqual([100, 2]);
  });
});
