// What the page calls each event, from the very module that the browser runs.
import { EVENT_KINDS, type BackendState, type FleetEvent } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { anotherEvent } from './fleet-fixtures.js';

interface EventWords {
  wordsOf(event: FleetEvent): { word: string; mark: string };
  figuresOf(event: FleetEvent): string;
}

const file = new URL('../../apps/dashboard/public/assets/event-words.js', import.meta.url).href;
const { figuresOf, wordsOf } = (await import(file)) as EventWords;

describe('wordsOf', () => {
  it.each<[BackendState | null, BackendState, string]>([
    [null, 'joining', 'joined'],
    ['joining', 'up', 'up'],
    ['up', 'suspect', 'suspect'],
    ['suspect', 'up', 'up again'],
    ['up', 'ejected', 'ejected'],
    ['ejected', 'up', 'up again'],
    ['up', 'draining', 'draining'],
    ['draining', 'up', 'resumed'],
    ['down', 'joining', 'joined again'],
    ['draining', 'gone', 'gone'],
  ])('calls the flip from %s to %s %j', (from, to, word) => {
    expect(wordsOf(anotherEvent(1, { backend: 'a', from, to }))).toEqual({ word, mark: to });
  });

  it('has a word for every other kind, in any state of the backend', () => {
    const words = EVENT_KINDS.filter((kind) => kind !== 'state').map((kind) => {
      return wordsOf(anotherEvent(1, { kind, backend: 'a', from: 'up', to: 'up' })).word;
    });
    expect(words).toEqual([
      'changed',
      'renamed',
      'drained',
      'drain timed out',
      'not ejected',
      'panic',
      'panic ended',
      'self-preservation',
      'refused',
      'certificate changed',
      'certificate rejected',
      'configuration changed',
      'configuration rejected',
      'discovery failed',
      'discovery recovered',
      'registry away',
      'registry back',
      'balancer joined',
      'balancer left',
      'balancer id taken',
      'learning model changed',
    ]);
  });
});

describe('figuresOf', () => {
  it('spells the names out and keeps whole numbers whole', () => {
    const evidence = { consecutiveGatewayErrors: 5, exchanges: 12345, times: 2.34567 };
    expect(figuresOf(anotherEvent(1, { evidence: { consecutive5xx: 5 } }))).toBe('consecutive 5xx 5');
    expect(figuresOf(anotherEvent(1, { evidence }))).toBe('consecutive gateway errors 5, exchanges 12345, times 2.35');
  });

  it('is empty when there are none', () => expect(figuresOf(anotherEvent(1, {}))).toBe(''));
});
