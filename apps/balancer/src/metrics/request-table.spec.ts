import { LATENCY_BUCKETS, bucketStart, latencyQuantile } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { METHOD_LABELS, OTHER_POOLS, RequestTable, type Durations } from './request-table.js';

/** The table of each of two threads, over one buffer. */
function twoThreads(): [RequestTable, RequestTable] {
  const one = new RequestTable(2);
  return [one, new RequestTable(2, one.buffer, 1)];
}

const countOf = ({ counts }: Durations) => counts.reduce((sum, count) => sum + count, 0);

describe('pools', () => {
  it('have the same numbers in all threads, in whatever order these meet them', () => {
    const [one, two] = twoThreads();
    one.own.pool('default').countLocalResponse(503);
    two.own.pool('reports').countLocalResponse(404);
    two.own.pool('default').countLocalResponse(200);
    one.own.pool('reports').countLocalResponse(404);
    const indexOf = new Map(one.pools.map(({ name, index }) => [name, index]));
    expect([...indexOf.keys()]).toEqual(['', OTHER_POOLS, 'default', 'reports']);
    expect(two.pools).toEqual(one.pools);
    const responses = (name: string) => one.rows.map((row) => [...row.at(indexOf.get(name) ?? -1).localResponses]);
    expect(responses('default')).toEqual([
      [0, 0, 0, 0, 1],
      [0, 1, 0, 0, 0],
    ]);
    expect(responses('reports')).toEqual([
      [0, 0, 0, 1, 0],
      [0, 0, 0, 1, 0],
    ]);
  });

  it('share the last place when there are too many, or their names are too long', () => {
    const { own, pools } = new RequestTable(1);
    const names = Array.from({ length: 200 }, (_, at) => `pool-${at}`);
    const counts = names.map((name) => own.pool(name));
    expect(new Set(counts).size).toBe(127);
    expect(counts.at(-1)).toBe(own.pool(OTHER_POOLS));
    expect(own.pool('x'.repeat(65))).toBe(own.pool(OTHER_POOLS));
    expect(own.pool('pool-3')).toBe(counts[3]);
    expect(pools).toHaveLength(2);
  });

  it('may have any name that a pool can have, such as other', () => {
    const { own } = new RequestTable(1);
    expect(own.pool('other')).not.toBe(own.pool('x'.repeat(65)));
  });

  it('share no cell', () => {
    const { rows } = new RequestTable(2);
    const cells = rows.flatMap((row) => [
      row.methods,
      ...[0, 1, 127].flatMap((pool) => {
        const { localResponses, durations, firstBytes } = row.at(pool);
        return [localResponses, durations.counts, durations.sum, firstBytes.counts, firstBytes.sum];
      }),
    ]);
    for (const [value, column] of cells.entries()) column.fill(value + 1);
    for (const [value, column] of cells.entries()) expect(column.every((cell) => cell === value + 1)).toBe(true);
  });
});

it('counts beyond 32 bits', () => {
  const counts = new RequestTable(1).own.pool('default');
  counts.durations.counts.fill(2 ** 32 - 1);
  counts.record(0, Infinity, 1);
  expect(Math.max(...counts.durations.counts)).toBe(2 ** 32);
});

describe('times', () => {
  it('are counted by bucket, and added up', () => {
    const { durations, firstBytes } = recorded((counts) => {
      counts.record(1000, 1010, 1500);
      counts.record(2000, Infinity, 2100);
      counts.record(3000, NaN, 3020);
    });
    expect([countOf(durations), countOf(firstBytes)]).toEqual([3, 2]);
    expect(durations.sum[0]).toBeCloseTo(0.62);
    expect(firstBytes.sum[0]).toBeCloseTo(0.11);
    const median = latencyQuantile(durations.counts, 0.5) ?? 0;
    expect(Math.abs(median - 0.1) / 0.1).toBeLessThan(1 / 8);
    expect(durations.counts).toHaveLength(LATENCY_BUCKETS);
    expect(bucketStart(LATENCY_BUCKETS - 1)).toBeGreaterThan(1000);
  });

  it('of an upgrade end with its response', () => {
    const { durations, firstBytes } = recorded((counts) => {
      counts.recordFirstByte(1000, 1010);
      counts.recordFirstByte(1000, NaN);
    });
    expect([countOf(durations), countOf(firstBytes)]).toEqual([0, 1]);
  });

  function recorded(record: (counts: ReturnType<RequestTable['own']['pool']>) => void) {
    const counts = new RequestTable(1).own.pool('default');
    record(counts);
    return counts;
  }
});

it('counts methods, those that no one knows together', () => {
  const [one, two] = twoThreads();
  for (const method of METHOD_LABELS.slice(0, -1)) one.own.countMethod(method);
  for (const method of ['GET', 'PROPFIND', 'get', '']) two.own.countMethod(method);
  expect(one.methods()).toEqual([2, 1, 1, 1, 1, 1, 1, 3]);
});

it('counts a refusal as a request without a pool', () => {
  const { own } = new RequestTable(1);
  own.countRefusal('POST', 413);
  expect([...own.at(0).localResponses]).toEqual([0, 0, 0, 1, 0]);
  expect(own.methods[2]).toBe(1);
});
