import { describe, expect, it } from 'vitest';
import { PoolChoice } from './pool-choice.js';

describe('PoolChoice', () => {
  it('gives each pool its part of the line', () => {
    const choice = new PoolChoice([
      { pool: 'stable', weight: 95 },
      { pool: 'canary', weight: 5 },
    ]);
    expect([choice.only, choice.at(0), choice.at(0.9499), choice.at(0.9501), choice.at(0.9999)]).toEqual([
      undefined,
      'stable',
      'stable',
      'canary',
      'canary',
    ]);
  });

  it('gives nothing to a pool of weight 0, wherever it stands', () => {
    const weights = [0, 3, 0, 7, 0].map((weight, i) => ({ pool: `p${i}`, weight }));
    const choice = new PoolChoice(weights);
    const chosen = new Set(Array.from({ length: 1000 }, (_, i) => choice.at(i / 1000)));
    expect([...chosen]).toEqual(['p1', 'p3']);
    expect(choice.at(1 - Number.EPSILON / 2)).toBe('p3');
  });

  it('needs no draw for one pool', () => {
    expect(new PoolChoice([{ pool: 'a', weight: 1 }]).only).toBe('a');
  });
});
