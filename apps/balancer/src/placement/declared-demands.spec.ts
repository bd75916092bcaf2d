import { describe, expect, it } from 'vitest';
import { DeclaredDemands } from './declared-demands.js';

const get = (target: string) => ({ method: 'GET', target, bodyBytes: 0 });

/** What counts of a demand of compute and storage. */
function counted(demands: DeclaredDemands, target: string, ...units: number[]): number[] {
  const demand = Float64Array.from(units);
  demands.limit(get(target), '', demand);
  return [...demand];
}

/** Declares the same demand `times` times; returns what counted the last time. */
function declare(demands: DeclaredDemands, times: number, target: string, ...units: number[]): number[] {
  for (let i = 1; i < times; i++) counted(demands, target, ...units);
  return counted(demands, target, ...units);
}

const someDemands = (ratio = 100, classes = 1000) => new DeclaredDemands(2, classes, ratio);

describe('DeclaredDemands', () => {
  it('counts a usual demand in full, also the first one', () => {
    const demands = someDemands();
    expect(counted(demands, '/a', 3, 1.5)).toEqual([3, 1.5]);
    expect(counted(demands, '/a', 10, 0)).toEqual([10, 0]);
  });

  it('counts at most ten units of the first demand of the first route', () => {
    expect(counted(someDemands(), '/a', 1e6, 1e6)).toEqual([10, 10]);
    expect(counted(someDemands(2), '/a', 1e6, 1e6)).toEqual([2, 2]);
  });

  it('counts at most the ratio times the mean of a route that is known', () => {
    const demands = someDemands(100);
    declare(demands, 500, '/a', 2, 4);
    const [compute, storage] = counted(demands, '/a', 1e6, 1e6);
    expect(compute / 200).toBeCloseTo(1, 1);
    expect(storage / 400).toBeCloseTo(1, 1);
    expect(counted(demands, '/a', 190, 1)).toEqual([190, 1]);
  });

  it('compares the first demands of a route with the mean over all routes', () => {
    const demands = someDemands();
    declare(demands, 2000, '/a', 500, 500);
    const [compute] = counted(demands, '/b', 1e6, 0);
    expect(compute / 5000).toBeCloseTo(1, 1);
    // Each route has a mean of its own.
    declare(demands, 500, '/c', 1, 1);
    expect(counted(demands, '/c', 1e6, 0)[0]).toBeLessThan(3000);
  });

  it('learns that a route needs much, in any unit', () => {
    expect(declare(someDemands(), 30, '/a', 50_000, 0.002)).toEqual([50_000, 0.002]);
  });

  it('lets a route need a resource that it never needed', () => {
    const demands = someDemands();
    declare(demands, 5000, '/a', 3, 0);
    expect(declare(demands, 100, '/a', 3, 5)).toEqual([3, 5]);
  });

  it('is not moved much by a few demands among many', () => {
    const demands = someDemands();
    declare(demands, 1000, '/a', 1, 1);
    for (let i = 0; i < 20; i++) counted(demands, '/a', 1e6, 1e6);
    expect(counted(demands, '/a', 1e6, 1e6)[0]).toBeLessThan(150);
  });

  it('forgets the route that was used least recently', () => {
    const demands = someDemands(100, 2);
    declare(demands, 200, '/a', 1000, 1);
    for (const target of ['/b', '/c', '/d']) declare(demands, 2000, target, 1, 1);
    expect(counted(demands, '/a', 1000, 1)[0]).toBeLessThan(1000);
  });
});
