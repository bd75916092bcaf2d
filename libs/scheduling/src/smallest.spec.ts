import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgMin } from './smallest.js';

describe('the smallest score', () => {
  it('is found whatever the order, and by a position that offered it', () => {
    const smallest = new ArgMin();
    assert(
      property(array(integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 }), (scores) => {
        for (const [i, score] of scores.entries()) smallest.offer(100 + i, score);
        expect(scores[smallest.pop() - 100]).toBe(Math.min(...scores));
      }),
    );
  });

  it('is nobody’s when none was offered, also after a decision', () => {
    const smallest = new ArgMin();
    expect(smallest.pop()).toBe(-1);
    smallest.offer(3, 1);
    expect(smallest.pop()).toBe(3);
    expect(smallest.pop()).toBe(-1);
  });

  it('is not remembered from one decision to the next', () => {
    const smallest = new ArgMin();
    smallest.offer(0, 1);
    smallest.pop();
    smallest.offer(1, 2);
    expect(smallest.pop()).toBe(1);
  });

  it('may be infinite', () => {
    const smallest = new ArgMin();
    smallest.offer(7, Infinity);
    expect(smallest.pop()).toBe(7);
  });

  it.each([2, 3, 16, 17, 100])('goes to each of %i equal ones in turn', (count) => {
    const smallest = new ArgMin();
    const taken = Array.from({ length: 3 * count }, () => {
      smallest.offer(1000, 2);
      for (let position = 0; position < count; position++) smallest.offer(position, 1);
      smallest.offer(1001, 2);
      return smallest.pop();
    });
    for (let position = 0; position < count; position++) {
      expect(taken.filter((other) => other === position)).toHaveLength(3);
    }
    expect(new Set(taken.slice(0, count)).size).toBe(count);
  });

  it('is not turned by decisions that are no ties', () => {
    const smallest = new ArgMin();
    const tie = () => {
      smallest.offer(0, 1);
      smallest.offer(1, 1);
      return smallest.pop();
    };
    const first = tie();
    smallest.offer(5, 1);
    smallest.pop();
    expect(tie()).not.toBe(first);
  });
});
