import { ResourceSpace } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { DemandHeaderCache, HopHeaderCache, type ForwardableRequest } from './forwarded-header-cache.js';

function aRequest(fields: Record<string, string> = {}, more: Partial<ForwardableRequest> = {}): ForwardableRequest {
  const field = (name: string) => fields[name];
  return {
    peer: { address: '10.0.0.1', isProxy: false },
    httpVersion: '1.1',
    field,
    isHost: (host) => host === (fields.host ?? ''),
    ...more,
  };
}

describe('HopHeaderCache', () => {
  const valueOf = (headers: readonly string[], name: string) => headers[headers.indexOf(name) + 1];

  it('renders once while host and version stay the same', () => {
    let renderings = 0;
    const cache = new HopHeaderCache((headers) => (renderings++, headers));
    const first = cache.of(aRequest({ host: 'a' }));
    expect(cache.of(aRequest({ host: 'a' }))).toBe(first);
    expect(renderings).toBe(1);
    expect(valueOf(cache.of(aRequest({ host: 'b' })), 'X-Forwarded-Host')).toBe('b');
    expect(valueOf(cache.of(aRequest({ host: 'b' }, { httpVersion: '1.0' })), 'Via')).toMatch(/^1\.0 fairlead-/);
    expect(renderings).toBe(3);
  });

  it('remembers nothing of a request that continues what it has passed through', () => {
    const cache = new HopHeaderCache((headers) => headers);
    const plain = cache.of(aRequest({ host: 'a' }));
    expect(valueOf(cache.of(aRequest({ host: 'a', via: '1.1 x' })), 'Via')).toMatch(/^1\.1 x, 1\.1 fairlead-/);
    const trusted = aRequest(
      { host: 'a', 'x-forwarded-for': '1.2.3.4' },
      { peer: { address: '10.0.0.1', isProxy: true } },
    );
    expect(valueOf(cache.of(trusted), 'X-Forwarded-For')).toBe('1.2.3.4, 10.0.0.1');
    expect(cache.of(aRequest({ host: 'a' }))).toBe(plain);
  });

  it('tells a request without Host from one with it', () => {
    const cache = new HopHeaderCache((headers) => headers);
    expect(cache.of(aRequest())).not.toContain('X-Forwarded-Host');
    expect(cache.of(aRequest({ host: 'a' }))).toContain('X-Forwarded-Host');
  });
});

describe('DemandHeaderCache', () => {
  it('renders each demand once', () => {
    let renderings = 0;
    const cache = new DemandHeaderCache(
      new ResourceSpace(['compute', 'storage']),
      (headers) => (renderings++, headers),
    );
    const [one, two] = [Float64Array.of(1, 0.5), Float64Array.of(2, 3)];
    const headers = cache.of(one);
    expect(headers).toEqual(['Compute', '1', 'Storage', '1', 'Fairlead-Demand', 'compute=1, storage=0.5']);
    expect(cache.of(two)).toContain('compute=2, storage=3');
    expect(cache.of(one)).toBe(headers);
    expect(renderings).toBe(2);
  });
});
