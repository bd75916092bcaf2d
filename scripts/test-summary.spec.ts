import { expect, it } from 'vitest';
import type { Part } from './parts.ts';
import { summaryOf } from './test-summary.ts';

function aPart(name: string, passed: number, failed: number): Part {
  return { name, seconds: 75, tally: { passed, failed } };
}

it('the last line of the summary holds the sums, and nothing else', () => {
  const lines = summaryOf([aPart('unit', 1, 2), aPart('e2e', 10, 20)], 100).split('\n');
  expect(lines.at(-2)).toBe('11 passed, 22 failed');
  expect(lines.at(-1)).toBe('');
});

it('the time of each part is shown, and the time of all', () => {
  const text = summaryOf([aPart('unit', 1, 0), aPart('e2e', 1, 0)], 125);
  expect(text).toMatch(/│ unit +│ +1 min 15 s │/);
  expect(text).toMatch(/│ all +│ +2 min 05 s │/);
});
