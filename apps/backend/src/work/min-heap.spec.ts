import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MinHeap } from './min-heap.js';

const anItem = (key: number) => ({ key, position: 0 });

describe('MinHeap', () => {
  it('returns its items in order after any of them were removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean())), (plan) => {
        const heap = new MinHeap<ReturnType<typeof anItem>>();
        const items = plan.map(([key, stays]) => ({ item: anItem(key), stays }));
        for (const { item } of items) heap.add(item);
        for (const { item, stays } of items) if (!stays) heap.remove(item);

        const removed: number[] = [];
        for (let first = heap.first; first; first = heap.first) {
          removed.push(first.key);
          heap.remove(first);
        }
        const expected = items.filter(({ stays }) => stays).map(({ item }) => item.key);
        expect(removed).toEqual(expected.sort((a, b) => a - b));
        expect(heap.size).toBe(0);
      }),
    );
  });
});
