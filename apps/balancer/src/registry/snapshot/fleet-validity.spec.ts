import { describe, expect, it } from 'vitest';
import { sharedSecondsFromSeconds } from '../../clock/monotonic.js';
import { aRegistry } from '../registry.fixture.js';
import { ClusterFacts } from './cluster-facts.js';
import { FleetValidity } from './fleet-validity.js';

/** `log` counts how often the fleet was caught up with; `onCatchUp` runs after each. */
function aValidity() {
  const facts = new ClusterFacts();
  const { registry } = aRegistry();
  const log = { catchUps: 0, onCatchUp: () => {} };
  registry.catchUp = () => {
    log.catchUps++;
    log.onCatchUp();
  };
  const validity = new FleetValidity(facts, registry);
  /** Sets the validity, in seconds of the clock of this thread. */
  const confirmUntil = (seconds: number) => (facts.validUntilSeconds = sharedSecondsFromSeconds(seconds));
  return { validity, confirmUntil, log };
}

describe('FleetValidity', () => {
  it('is without end, and never catches up, in a balancer with a registry of its own', () => {
    const { validity, log } = aValidity();
    expect([0, 0.1, 1e9].map((now) => validity.isValidAt(now))).toEqual([true, true, true]);
    expect(log.catchUps).toBe(0);
  });

  it('ends when the registry confirms nothing more, and begins again with a confirmation', () => {
    const { validity, confirmUntil } = aValidity();
    confirmUntil(102);
    expect([100, 101.9, 102.1].map((now) => validity.isValidAt(now))).toEqual([true, true, false]);
    expect(validity.isValidAt(110)).toBe(false);
    confirmUntil(112);
    expect([110, 111.9, 112.1].map((now) => validity.isValidAt(now))).toEqual([true, true, false]);
    confirmUntil(Infinity);
    expect(validity.isValidAt(1e6)).toBe(true);
  });

  it('has the thread apply the fleet that a confirmation belongs to, once', () => {
    const { validity, confirmUntil, log } = aValidity();
    confirmUntil(102);
    for (const now of [100, 100.5, 101.5, 101.9, 102.5, 103]) validity.isValidAt(now);
    expect(log.catchUps).toBe(1);
    confirmUntil(105);
    for (const now of [103, 104.5]) validity.isValidAt(now);
    expect(log.catchUps).toBe(2);
  });

  it('does not use a confirmation whose fleet was sent after the thread had caught up', () => {
    const { validity, confirmUntil, log } = aValidity();
    confirmUntil(99);
    log.onCatchUp = () => confirmUntil(102);
    expect(validity.isValidAt(100)).toBe(false);
    log.onCatchUp = () => {};
    expect(validity.isValidAt(100)).toBe(true);
    expect(log.catchUps).toBe(2);
  });

  it('notices within a second that the fleet is valid for a shorter time than before', () => {
    const { validity, confirmUntil } = aValidity();
    expect(validity.isValidAt(100)).toBe(true);
    confirmUntil(100);
    expect(validity.isValidAt(101.1)).toBe(false);
  });
});
