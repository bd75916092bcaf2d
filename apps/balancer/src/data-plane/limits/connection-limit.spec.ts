import { describe, expect, it } from 'vitest';
import { defaultMaxConnections } from './connection-limit.js';

describe('defaultMaxConnections', () => {
  it.each([
    [512, 256],
    [1024, 554],
    [65_536, 43_477],
  ])('with %i descriptors, clients get %i, so that control plane, clients and backends fit', (descriptors, clients) => {
    expect(defaultMaxConnections(256, descriptors)).toBe(clients);
  });

  it('a smaller control plane leaves more for clients', () => {
    expect(defaultMaxConnections(8, 512)).toBe(293);
  });

  it('is infinite where there is no limit, and never below 16', () => {
    expect(defaultMaxConnections(256, Infinity)).toBe(Infinity);
    expect(defaultMaxConnections(256, 64)).toBe(16);
  });
});
