import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgMin } from './arg-min.js';

describe('ArgMin', () => {
  it('returns a position with the smallest score, in any order of offers', () => {
    const argMin = new ArgMin();
    assert(
      property(array(integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 }), (scores) => {
        for (const [i, score] of scores.entries()) argMin.offer(100 + i, score);
        expect(scores[argMin.pop() - 100]).toBe(Math.min(...scores));
      }),
    );
  });

  it('returns -1 when nothing was offered, also after a decision', () => {
    const argMin = new ArgMin();
    expect(argMin.pop()).toBe(-1);
    argMin.offer(3, 1);
    expect(argMin.pop()).toBe(3);
    expect(argMin.pop()).toBe(-1);
  });

  it('forgets the scores of the previous decision', () => {
    const argMin = new ArgMin();
    argMin.offer(0, 1);
    argMin.pop();
    argMin.offer(1, 2);
    expect(argMin.pop()).toBe(1);
  });

  it('accepts an infinite score', () => {
    const argMin = new ArgMin();
    argMin.offer(7, Infinity);
    expect(argMin.pop()).toBe(7);
  });

  it.each([2, 3, 16, 17, 100])('rotates through %i tied positions', (count) => {
    const argMin = new ArgMin();
    const taken = Array.from({ length: 3 * count }, () => {
      argMin.offer(1000, 2);
      for (let position = 0; position < count; position++) argMin.offer(position, 1);
      argMin.offer(1001, 2);
      return argMin.pop();
    });
    for (let position = 0; position < count; position++) {
      expect(taken.filter((other) => other === position)).toHaveLength(3);
    }
    expect(new Set(taken.slice(0, count)).size).toBe(count);
  });

  it('does not rotate on decisions without a tie', () => {
    const argMin = new ArgMin();
    const tie = () => {
      argMin.offer(0, 1);
      argMin.offer(1, 1);
      return argMin.pop();
    };
    const first = tie();
    argMin.offer(5, 1);
    argMin.pop();
    expect(tie()).not.toBe(first);
  });
});
