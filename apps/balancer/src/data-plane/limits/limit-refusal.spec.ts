import { describe, expect, it } from 'vitest';
import { rateRefusal } from './limit-refusal.js';

const WORDS = { noun: 'requests', policy: 'requests' };

describe('the refusal for a client that is too fast', () => {
  it.each([
    [100, 1, 'q=100;w=1', ''],
    [100, 3, 'q=33;w=1', ', divided between 3 balancers'],
    [1, 4, 'q=1;w=4', ', divided between 4 balancers'],
    [0.3, 1, 'q=1;w=4', ''],
  ])('states in whole numbers what this balancer grants of %d per second: %d balancers, %s', (...row) => {
    const [perSecond, balancers, quota, division] = row;
    const { message, fields } = rateRefusal({ perSecond, balancers }, WORDS, 0.2);
    expect(message).toBe(`one client may have ${perSecond} requests per second${division}`);
    expect(fields).toEqual({
      'retry-after': 1,
      'ratelimit-policy': `"requests";${quota}`,
      ratelimit: '"requests";r=0;t=1',
    });
  });
});
