import { expect, it } from 'vitest';
import { writeThroughPool } from './write-buffer-pool.js';

it('keeps a copy as it is until it was written, and then uses its place again', () => {
  const written: (() => void)[] = [];
  const copies: Buffer[] = [];
  const write = (text: string) =>
    writeThroughPool(Buffer.from(text), (copy, done) => {
      copies.push(copy);
      written.push(done);
      return copies.length === 1;
    });
  expect(write('first')).toBe(true);
  expect(write('second')).toBe(false);
  expect(copies.map(String)).toEqual(['first', 'second']);
  written[0]();
  write('third');
  expect(copies.slice(1).map(String)).toEqual(['second', 'third']);
  expect(copies[2].buffer).toBe(copies[0].buffer);
});
