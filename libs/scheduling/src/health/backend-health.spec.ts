import { array, assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOINING, observe, type BackendHealth, type HealthObservation, type HealthState } from './backend-health.js';

const FALL = 3;

/** What becomes of a backend, and which of the observations flipped it. */
function after(health: BackendHealth, ...observations: HealthObservation[]) {
  const flips = observations.map((observation) => {
    const step = observe(health, observation, { fall: FALL });
    health = step.health;
    return step.flipped;
  });
  return { ...health, flips };
}

const aBackend = (state: HealthState): BackendHealth => ({ state, failedPings: 0 });

describe('the health of a backend', () => {
  it.each<HealthState>(['joining', 'suspect', 'down'])('turns up with one answered ping: %s', (state) => {
    expect(after({ state, failedPings: 2 }, 'ping-ok')).toEqual({ state: 'up', failedPings: 0, flips: [true] });
  });

  it('stays up with every answered ping, and does not flip', () => {
    expect(after(aBackend('up'), 'ping-ok')).toEqual({ state: 'up', failedPings: 0, flips: [false] });
  });

  it('turns down with the first ping that fails while up', () => {
    expect(after(aBackend('up'), 'ping-failed')).toEqual({ state: 'down', failedPings: 1, flips: [true] });
  });

  it('turns suspect with an exchange that fails while up', () => {
    expect(after({ state: 'up', failedPings: 1 }, 'exchange-failed')).toEqual({
      state: 'suspect',
      failedPings: 0,
      flips: [true],
    });
  });

  it.each<HealthState>(['joining', 'suspect', 'down'])(
    'is not told anything by an exchange that fails: %s',
    (state) => {
      expect(after({ state, failedPings: 2 }, 'exchange-failed')).toEqual({ state, failedPings: 2, flips: [false] });
    },
  );

  it.each([JOINING, aBackend('suspect')])('turns down with the third failed ping in a row: $state', (health) => {
    expect(after(health, 'ping-failed', 'ping-failed')).toMatchObject({ state: health.state, flips: [false, false] });
    expect(after(health, 'ping-failed', 'ping-failed', 'ping-failed')).toEqual({
      state: 'down',
      failedPings: 3,
      flips: [false, false, true],
    });
  });

  it('starts to count anew when a ping is answered', () => {
    const health = after(
      JOINING,
      'ping-failed',
      'ping-failed',
      'ping-ok',
      'exchange-failed',
      'ping-failed',
      'ping-failed',
    );
    expect(health).toMatchObject({ state: 'suspect', failedPings: 2 });
  });

  it('flips exactly when its state changes, and is never joining again', () => {
    const observation = constantFrom<HealthObservation>('ping-ok', 'ping-failed', 'exchange-failed');
    assert(
      property(array(observation), integer({ min: 1, max: 5 }), (observations, fall) => {
        let health = JOINING;
        for (const seen of observations) {
          const next = observe(health, seen, { fall });
          expect(next.flipped).toBe(next.health.state !== health.state);
          if (health.state !== 'joining') expect(next.health.state).not.toBe('joining');
          health = next.health;
        }
      }),
    );
  });
});
