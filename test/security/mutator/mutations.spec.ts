// Mutations depend on their seed alone, and change something.
import { seededRandom } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { get } from '../../support/http-text.js';
import { inWrites, mutated } from './mutations.js';

const BYTES = get('/a', 'Content-Length: 0', 'X: \xff');

function series(seed: number, length: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length }, () => mutated(BYTES, [get('/b')], random));
}

describe('mutated bytes', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(series(7, 50)).toEqual(series(7, 50));
    expect(series(8, 50)).not.toEqual(series(7, 50));
  });

  it('differ from what they were made of, but for a few', () => {
    expect(series(1, 1000).filter((bytes) => bytes === BYTES).length).toBeLessThan(50);
  });

  it('are bytes', () => {
    expect(series(2, 1000).filter((bytes) => Buffer.from(bytes, 'latin1').toString('latin1') !== bytes)).toEqual([]);
  });

  it('are whole in their writes', () => {
    const random = seededRandom(3);
    for (let i = 0; i < 100; i++) expect(inWrites(BYTES, random).join('')).toBe(BYTES);
  });
});
