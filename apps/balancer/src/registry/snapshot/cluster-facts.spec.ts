import { describe, expect, it } from 'vitest';
import { ClusterFacts } from './cluster-facts.js';

describe('ClusterFacts', () => {
  it('describes one balancer whose fleet is always valid, until the main thread says otherwise', () => {
    const { validUntilSeconds, liveBalancers } = new ClusterFacts();
    expect([validUntilSeconds, liveBalancers]).toEqual([Infinity, 1]);
  });

  it('is the same in every thread', () => {
    const main = new ClusterFacts();
    const thread = new ClusterFacts(main.buffer);
    main.validUntilSeconds = 1_234_567.25;
    main.liveBalancers = 3;
    expect([thread.validUntilSeconds, thread.liveBalancers]).toEqual([1_234_567.25, 3]);
  });

  it('counts this balancer even when no balancer is known to be live', () => {
    const facts = new ClusterFacts();
    facts.liveBalancers = 0;
    expect(facts.liveBalancers).toBe(1);
  });
});
