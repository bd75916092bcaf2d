import { array, assert, constantFrom, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOINING, type HealthState } from './backend-health.js';
import { ejectionSeconds, inTraffic, isLikelyLocalFault, mayEject, slowStartRatio } from './fleet-health.js';

const members = (...states: (HealthState | 'silent')[]) =>
  states.map((state) => ({
    name: state,
    health: {
      ...JOINING,
      hasBeenUp: state !== 'joining',
      isResponsive: state !== 'silent',
      state: state === 'silent' ? ('down' as const) : state,
    },
  }));

const serving = (states: (HealthState | 'silent')[], threshold = 0.5) => {
  const { members: found, isPanic } = inTraffic(members(...states), threshold);
  return { names: found.map(({ name }) => name), isPanic };
};

describe('traffic', () => {
  it('goes to the backends that are up, as long as enough are', () => {
    expect(serving(['up', 'suspect', 'up', 'ejected'])).toEqual({ names: ['up', 'up'], isPanic: false });
  });

  it('goes to every backend that responds, when too few are up', () => {
    expect(serving(['up', 'suspect', 'ejected', 'down', 'silent'])).toEqual({
      names: ['up', 'suspect', 'ejected', 'down'],
      isPanic: true,
    });
  });

  it('is not in panic when no other backend responds', () => {
    expect(serving(['up', 'silent', 'silent'])).toEqual({ names: ['up'], isPanic: false });
    expect(serving(['silent', 'silent'])).toEqual({ names: [], isPanic: false });
  });

  it('does not count joining backends', () => {
    expect(serving(['up', 'joining', 'joining', 'joining'])).toEqual({ names: ['up'], isPanic: false });
    expect(serving(['joining'])).toEqual({ names: [], isPanic: false });
  });

  it('never goes to a backend that has not been up', () => {
    const unready = { health: { ...JOINING, state: 'down' as const } };
    expect(inTraffic([unready], 0.5)).toEqual({ members: [], isPanic: false });
  });

  it('goes to suspects as a last resort, also when panic is turned off', () => {
    expect(serving(['suspect', 'ejected', 'down'], 0)).toEqual({ names: ['suspect'], isPanic: true });
    expect(serving(['up', 'suspect', 'suspect'], 0)).toEqual({ names: ['up'], isPanic: false });
  });
});

describe('an ejection', () => {
  it('is allowed for one backend at a time in a small fleet, never for the last that is up', () => {
    expect(mayEject(members('up', 'up'), 0.3)).toBe(true);
    expect(mayEject(members('up', 'ejected'), 0.3)).toBe(false);
    expect(mayEject(members('down', 'suspect'), 0.3)).toBe(false);
    expect(mayEject(members(), 0.3)).toBe(false);
  });

  it('is allowed for a fraction of a large fleet, and never when turned off', () => {
    const fleet = (ejected: number) =>
      members(...Array.from({ length: 9 }, (_, i) => (i < ejected ? 'ejected' : 'up')));
    expect(mayEject(fleet(2), 0.3)).toBe(true);
    expect(mayEject(fleet(3), 0.3)).toBe(false);
    expect(mayEject(fleet(0), 0)).toBe(false);
  });

  it('never leaves the fleet without a backend that is up', () => {
    const state = constantFrom<HealthState>('up', 'ejected', 'suspect', 'down');
    assert(
      property(array(state), double({ min: 0, max: 1, noNaN: true }), (states, ratio) => {
        if (mayEject(members(...states), ratio)) expect(states).toContain('up');
      }),
    );
  });

  it('lasts longer each time, up to a limit', () => {
    expect([1, 2, 3, 10, 11].map((count) => ejectionSeconds(count, 30, 300))).toEqual([30, 60, 90, 300, 300]);
  });
});

describe('slow start', () => {
  it('grows linearly from a tenth to full capacity', () => {
    expect([0, 1, 5, 9.9, 10, 100].map((seconds) => slowStartRatio(seconds, 10))).toEqual([0.1, 0.1, 0.5, 0.99, 1, 1]);
  });

  it('can be turned off', () => {
    expect(slowStartRatio(0, 0)).toBe(1);
  });
});

describe('simultaneous failures', () => {
  it('are likely a local fault when most of at least three backends fail', () => {
    expect(isLikelyLocalFault(2, 3, 0.5)).toBe(true);
    expect(isLikelyLocalFault(1, 3, 0.5)).toBe(false);
    expect(isLikelyLocalFault(2, 4, 0.5)).toBe(false);
    expect(isLikelyLocalFault(2, 2, 0.5)).toBe(false);
    expect(isLikelyLocalFault(3, 3, 1)).toBe(false);
  });
});
