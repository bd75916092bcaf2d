import type { RequestRecord } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import type { NamedBelief } from '../placement/demand-learning.js';
import { mergeBeliefs, mergeRequests } from './merge.js';

function aRecord(second: number, path = '/'): RequestRecord {
  const at = new Date(second * 1000).toISOString();
  const asked = { client: 'c', method: 'GET', path, protocol: 'HTTP/1.1', bytesIn: 100, requestId: 'id-1' };
  const sent = { status: 200, bytesOut: 200, backend: 'a', demand: {}, attempts: 1, durationMs: 2, firstByteMs: 1 };
  return { at, ...asked, ...sent };
}

function belief(source: NamedBelief['source'], samples: number, units: number, name = 'GET /'): NamedBelief {
  return { name, source, samples, demand: Float64Array.of(units), confidence: samples / 100 };
}

describe('mergeRequests', () => {
  it('merges the logs into one list, newest first', () => {
    const merged = mergeRequests([[aRecord(5, '/5'), aRecord(1, '/1')], [], [aRecord(3, '/3')]]);
    expect(merged.map(({ path }) => path)).toEqual(['/5', '/3', '/1']);
  });

  it('keeps the newest 200', () => {
    const logs = [0, 1].map((odd) => Array.from({ length: 200 }, (_, i) => aRecord(1000 - 2 * i - odd)));
    const merged = mergeRequests(logs);
    expect(merged).toHaveLength(200);
    expect(merged.at(-1)).toEqual(aRecord(801));
  });
});

describe('mergeBeliefs', () => {
  it('weights estimates by their samples', () => {
    const merged = mergeBeliefs([[belief('inferred', 30, 1)], [belief('inferred', 10, 5)]]);
    expect(merged).toEqual([{ ...belief('inferred', 40, 2), confidence: 0.3 }]);
  });

  it('uses the most reliable source', () => {
    const merged = mergeBeliefs([[belief('prior', 0, 1)], [belief('reported', 2, 4)], [belief('inferred', 90, 9)]]);
    expect(merged).toEqual([belief('reported', 2, 4)]);
  });

  it('takes the mean of estimates without samples, for each class', () => {
    const merged = mergeBeliefs([[belief('prior', 0, 1), belief('prior', 0, 7, 'GET /b')], [belief('prior', 0, 3)]]);
    expect(merged).toEqual([belief('prior', 0, 2), belief('prior', 0, 7, 'GET /b')]);
  });
});
