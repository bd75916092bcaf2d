import { describe, expect, it } from 'vitest';
import { IllegalTransitionError, nextState, type ExchangeEvent, type ExchangeState } from './exchange-state.js';

const STATES: ExchangeState[] = ['idle', 'placing', 'queued', 'attempting', 'responding', 'finishing'];
const EVENTS: ExchangeEvent[] = ['start', 'place', 'enqueue', 'expire', 'respond', 'release', 'give-up', 'end'];

/** Every legal transition; whatever is not here is a defect. */
const LEGAL = [
  ['idle', 'start', 'placing'],
  ['placing', 'place', 'attempting'],
  ['placing', 'enqueue', 'queued'],
  ['placing', 'give-up', 'finishing'],
  ['placing', 'end', 'idle'],
  ['queued', 'place', 'attempting'],
  ['queued', 'expire', 'placing'],
  ['attempting', 'respond', 'responding'],
  ['attempting', 'release', 'placing'],
  ['responding', 'release', 'finishing'],
  ['finishing', 'end', 'idle'],
] as const satisfies (readonly [ExchangeState, ExchangeEvent, ExchangeState])[];

describe('nextState', () => {
  it.each(LEGAL)('goes from %s by %s to %s', (from, event, to) => {
    expect(nextState(from, event)).toBe(to);
  });

  const illegal = STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const)).filter(
    ([state, event]) => !LEGAL.some(([from, by]) => from === state && by === event),
  );

  it.each(illegal)('throws in state %s on %s', (state, event) => {
    expect(() => nextState(state, event)).toThrow(IllegalTransitionError);
    expect(() => nextState(state, event)).toThrow(`an exchange cannot ${event} while it is ${state}`);
  });
});
