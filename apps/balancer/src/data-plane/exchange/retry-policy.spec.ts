import { describe, expect, it } from 'vitest';
import { isUnserved, mayRetry } from './retry-policy.js';

describe('mayRetry', () => {
  const situation = {
    method: 'GET',
    failure: 'connection-lost',
    attempts: 1,
    maxAttempts: 3,
    isBodyReplayable: true,
  } as const;

  it('repeats what is idempotent, and anything that was never sent', () => {
    expect(mayRetry(situation)).toBe(true);
    expect(mayRetry({ ...situation, failure: 'timeout', method: 'PUT' })).toBe(true);
    expect(mayRetry({ ...situation, method: 'POST' })).toBe(false);
    expect(mayRetry({ ...situation, method: 'PATCH', failure: 'timeout' })).toBe(false);
    expect(mayRetry({ ...situation, method: 'POST', failure: 'connect-failed' })).toBe(true);
  });

  it('stops at the limit, and without the body', () => {
    expect(mayRetry({ ...situation, attempts: 3 })).toBe(false);
    expect(mayRetry({ ...situation, isBodyReplayable: false, failure: 'connect-failed' })).toBe(false);
  });
});

describe('isUnserved', () => {
  it('holds where the client may safely ask again', () => {
    expect(isUnserved('connect-failed', 'POST')).toBe(true);
    expect(isUnserved('resource-exhausted', 'POST')).toBe(true);
    expect(isUnserved('connection-lost', 'GET')).toBe(true);
    expect(isUnserved('connection-lost', 'POST')).toBe(false);
    expect(isUnserved('timeout', 'GET')).toBe(false);
    expect(isUnserved('invalid-response', 'GET')).toBe(false);
  });
});
