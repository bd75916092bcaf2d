// What backends and trusted clients are told of demands of any size.
import { ResourceSpace } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { demandHeaders, placementHeader } from './demand-headers.js';

const RESOURCES = new ResourceSpace(['compute', 'storage']);

/** The headers for a demand: Compute, Storage, Fairlead-Demand and Fairlead-Placement. */
function shown(compute: number, storage: number): string[] {
  const demand = Float64Array.of(compute, storage);
  const headers = [...demandHeaders(demand, RESOURCES), ...placementHeader('a', demand, RESOURCES)];
  return headers.filter((_, i) => i % 2 === 1);
}

describe('the headers that show a demand', () => {
  it('show one below a millisecond of the usual machine', () => {
    expect(shown(0.000472, 0.0022963)).toEqual([
      '1',
      '1',
      'compute=0.000472, storage=0.002296',
      '"a"; compute=0.001; storage=0.002',
    ]);
  });

  it('never show one above 0 as 0, nor with an exponent', () => {
    expect(shown(1e-9, 5e-324)).toEqual([
      '1',
      '1',
      'compute=0.000001, storage=0.000001',
      '"a"; compute=0.001; storage=0.001',
    ]);
  });

  it('show 0 and large ones as they are', () => {
    expect(shown(0, 1_000_000)).toEqual([
      '0',
      '1000000',
      'compute=0, storage=1000000',
      '"a"; compute=0; storage=1000000',
    ]);
  });
});
