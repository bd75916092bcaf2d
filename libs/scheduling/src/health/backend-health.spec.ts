import { array, assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOINING, observe, type BackendHealth, type HealthObservation, type HealthState } from './backend-health.js';

const THRESHOLDS = { rise: 2, fall: 3 };

/** Returns the state after each observation, and the health at the end. */
function after(health: BackendHealth, ...observations: HealthObservation[]) {
  const states = observations.map((observation) => {
    health = observe(health, observation, THRESHOLDS).health;
    return health.state;
  });
  return { health, states };
}

const aBackend = (state: HealthState): BackendHealth => ({ ...JOINING, state });

describe('the health of a backend', () => {
  it.each<HealthState>(['joining', 'suspect', 'up'])('becomes up with one successful ping: %s', (state) => {
    expect(after(aBackend(state), 'ping-ok').states).toEqual(['up']);
  });

  it('returns from down with the second successful ping in a row', () => {
    expect(after(aBackend('down'), 'ping-ok', 'ping-failed', 'ping-ok', 'ping-ok').states).toEqual([
      'down',
      'down',
      'down',
      'up',
    ]);
  });

  it('becomes suspect with the first failed ping, and down with the third', () => {
    expect(after(aBackend('up'), 'ping-failed', 'ping-failed', 'ping-failed').states).toEqual([
      'suspect',
      'suspect',
      'down',
    ]);
    expect(after(JOINING, 'ping-failed', 'ping-unanswered', 'ping-failed').states).toEqual([
      'joining',
      'joining',
      'down',
    ]);
  });

  it('restarts the failure count after a successful ping', () => {
    const pings: HealthObservation[] = ['ping-failed', 'ping-failed', 'ping-ok', 'ping-failed', 'ping-failed'];
    expect(after(aBackend('up'), ...pings).states).toEqual(['suspect', 'suspect', 'up', 'suspect', 'suspect']);
  });

  it('knows whether the last ping got a response', () => {
    const down = after(aBackend('suspect'), 'ping-unanswered', 'ping-unanswered', 'ping-unanswered').health;
    expect(down).toMatchObject({ state: 'down', isResponsive: false });
    expect(after(down, 'ping-failed').health).toMatchObject({ state: 'down', isResponsive: true });
  });

  it('becomes suspect with a failed exchange, if it was up', () => {
    expect(after(aBackend('up'), 'exchange-failed').states).toEqual(['suspect']);
    for (const state of ['joining', 'suspect', 'ejected', 'down'] as const) {
      expect(after(aBackend(state), 'exchange-failed').states).toEqual([state]);
    }
  });

  it('stays ejected as an outlier until the ejection is over, even if pings succeed', () => {
    const observations: HealthObservation[] = ['outlier', 'ping-ok', 'exchange-failed', 'ejection-over'];
    expect(after(aBackend('up'), ...observations).states).toEqual(['ejected', 'ejected', 'ejected', 'up']);
    expect(after(aBackend('ejected'), 'ping-failed', 'ping-failed', 'ping-failed').states.at(-1)).toBe('down');
  });

  it('becomes ejected after suspicion, if pings show that it was reachable all the time', () => {
    expect(after(aBackend('suspect'), 'outlier', 'ping-ok').states).toEqual(['suspect', 'ejected']);
    expect(after(aBackend('suspect'), 'outlier', 'ping-unanswered', 'ping-ok').states.at(-1)).toBe('up');
  });

  it('remembers whether it has ever been up', () => {
    expect(after(JOINING, 'ping-failed', 'ping-failed', 'ping-failed').health.hasBeenUp).toBe(false);
    expect(after(JOINING, 'ping-ok', 'ping-failed', 'ping-failed', 'ping-failed').health.hasBeenUp).toBe(true);
  });

  it('flips exactly when its state changes, and never returns to joining', () => {
    const observation = constantFrom<HealthObservation>(
      'ping-ok',
      'ping-failed',
      'ping-unanswered',
      'exchange-failed',
      'outlier',
      'ejection-over',
    );
    const threshold = integer({ min: 1, max: 5 });
    assert(
      property(array(observation), threshold, threshold, (observations, rise, fall) => {
        let health = JOINING;
        for (const seen of observations) {
          const next = observe(health, seen, { rise, fall });
          expect(next.flipped).toBe(next.health.state !== health.state);
          if (health.state !== 'joining') expect(next.health.state).not.toBe('joining');
          health = next.health;
        }
      }),
    );
  });

  it('always becomes up when pings succeed long enough and no ejection lasts', () => {
    const observation = constantFrom<HealthObservation>('ping-ok', 'ping-unanswered', 'exchange-failed', 'outlier');
    assert(
      property(array(observation), (observations) => {
        const { health } = after(JOINING, ...observations);
        expect(after(health, 'ping-ok', 'ping-ok', 'ejection-over').health.state).toBe('up');
      }),
    );
  });
});
