// The worked example of the DRF paper, its tie-breaking, and the guarantees of fairness.
import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dominantShare, nextTenant, progressiveFilling, type Tenant } from './dominant-resource-fairness.js';

function aTenant(name: string, demand: readonly number[], { weight = 1, tasks = 0 } = {}): Tenant {
  return { name, demand, weight, tasks };
}

describe('progressive filling', () => {
  // Ghodsi et al. 2011, §4.1 and table 1: 9 CPUs, 18 GB; a task of A takes <1 CPU, 4 GB>, one of B <3 CPUs, 1 GB>.
  const total = [9, 18];
  const filling = progressiveFilling([aTenant('A', [1, 4]), aTenant('B', [3, 1])], total);

  it('gives A three tasks and B two, each with two thirds of its dominant resource', () => {
    expect(filling.tenants.map(({ name, tasks }) => [name, tasks])).toEqual([
      ['A', 3],
      ['B', 2],
    ]);
    for (const tenant of filling.tenants) expect(dominantShare(tenant, total)).toBeCloseTo(2 / 3);
  });

  it('always grants to the lowest dominant share, and by name at the start', () => {
    // The paper leaves the first tie open and its table starts with B; here the name decides.
    expect(filling.order).toEqual(['A', 'B', 'A', 'B', 'A']);
  });

  it('entitles a tenant of weight 2 to twice the share', () => {
    const { tenants } = progressiveFilling([aTenant('A', [1], { weight: 2 }), aTenant('B', [1])], [9]);
    expect(tenants.map(({ tasks }) => tasks)).toEqual([6, 3]);
  });

  it('rejects a tenant whose tasks need nothing', () => {
    expect(() => progressiveFilling([aTenant('idle', [0, 0])], [1, 1])).toThrow(RangeError);
  });

  it('never grants more than the total, and stops only when no task fits', () => {
    const amounts = array(integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 2 });
    assert(
      property(array(amounts, { minLength: 1, maxLength: 5 }), (demands) => {
        const total = [40, 60];
        const tenants = demands.map((demand, i) => aTenant(`t${i}`, demand));
        const filled = progressiveFilling(tenants, total).tenants;
        const used = total.map((_, r) => filled.reduce((sum, { tasks, demand }) => sum + tasks * demand[r], 0));
        for (const [r, units] of used.entries()) expect(units).toBeLessThanOrEqual(total[r]);
        for (const demand of demands) expect(demand.some((units, r) => used[r] + units > total[r])).toBe(true);
      }),
    );
  });

  it('keeps equal tenants within one task of each other', () => {
    assert(
      property(integer({ min: 1, max: 6 }), integer({ min: 1, max: 50 }), (count, units) => {
        const alike = Array.from({ length: count }, (_, i) => aTenant(`t${i}`, [1, 2]));
        const tasks = progressiveFilling(alike, [units, units]).tenants.map((tenant) => tenant.tasks);
        expect(Math.max(...tasks) - Math.min(...tasks)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the next tenant', () => {
  it('is undefined when no tenant is waiting', () => {
    expect(nextTenant([], [1])).toBeUndefined();
  });

  it('is the one with the fewest tasks at equal shares, then the first by name', () => {
    const total = [10];
    const many = aTenant('a', [1], { tasks: 4 });
    const few = aTenant('b', [2], { tasks: 2 });
    const alike = aTenant('c', [2], { tasks: 2 });
    expect(nextTenant([many, alike, few], total)).toBe(few);
  });

  it('is chosen without counting resources whose total is zero', () => {
    const poor = aTenant('a', [5, 1], { tasks: 2 });
    const rich = aTenant('b', [1, 1], { tasks: 3 });
    expect(nextTenant([poor, rich], [0, 10])).toBe(poor);
  });
});
