import { describe, expect, it } from 'vitest';
import { requestHeaders } from './header-rules.js';
import { RequestFieldFilters, requestTrailerPairs, type UnderscoreRule } from './request-field-filter.js';

/** The names that are left of a request's fields. */
function forwarded(names: readonly string[], isProxy: boolean, underscores: UnderscoreRule = 'drop'): string[] {
  const { drops } = new RequestFieldFilters(underscores, true).for({ isProxy });
  const raw = names.flatMap((name) => [name, '1']);
  const sent = requestHeaders(raw, drops, { httpVersion: '1.1', connection: 'keep-alive' });
  return sent.slice(0, -2).filter((_, i) => i % 2 === 0);
}

/** Claims about the client. */
const CLAIMS = [
  'X-Real-IP',
  'true-client-ip',
  'X-Forwarded-Port',
  'X-FORWARDED-SERVER',
  'x-forwarded-',
  'X-Forwarded-Ssl',
];
/** What no peer may say. */
const FORBIDDEN = ['X-Original-URL', 'x-rewrite-url', 'Fairlead-Anything', 'FAIRLEAD-PLACEMENT', 'fairlead-'];
const REPLACED = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded', 'Via', 'Compute', 'Storage'];
const OTHERS = ['X-Forwarded', 'X-Real', 'Fairlead', 'X-Original', 'Host', 'Cookie'];

describe('the fields of a request', () => {
  it('lose all claims about the client unless a trusted proxy sends them', () => {
    expect(forwarded([...CLAIMS, ...FORBIDDEN, ...REPLACED, ...OTHERS], false)).toEqual(OTHERS);
    expect(forwarded([...CLAIMS, ...FORBIDDEN, ...REPLACED, ...OTHERS], true)).toEqual([...CLAIMS, ...OTHERS]);
  });

  it('lose names with "_" unless they are allowed', () => {
    const names = ['X_Real_IP', '_', 'a_', '__proto__', 'X-A'];
    for (const isProxy of [true, false]) {
      expect(forwarded(names, isProxy)).toEqual(['X-A']);
      expect(forwarded(names, isProxy, 'reject')).toEqual(['X-A']);
      expect(forwarded(names, isProxy, 'allow')).toEqual(names);
    }
  });

  it('lose the id of the request where the balancer sets it', () => {
    for (const isProxy of [true, false]) {
      expect(forwarded(['X-Request-ID', 'X-A'], isProxy)).toEqual(['X-A']);
      const { drops } = new RequestFieldFilters('drop', false).for({ isProxy });
      expect(drops('x-request-id')).toBe(false);
    }
  });

  it('lose all of that in trailers', () => {
    const raw = [...CLAIMS, ...FORBIDDEN, ...REPLACED, 'A_B', 'X-Request-Id', 'X-Sum'].flatMap((name) => [name, '1']);
    expect(requestTrailerPairs(raw)).toEqual([['X-Sum', '1']]);
  });
});
