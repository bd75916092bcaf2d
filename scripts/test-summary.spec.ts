import { expect, it } from 'vitest';
import type { Part } from './parts.ts';
import { failureList, skipList, summaryOf } from './test-summary.ts';

const PAGE = 'test/dashboard/page.spec.ts';
const aSkip = (title: string, file = PAGE, needs = ['chromium']) => ({ file, title, needs });

function aPart(name: string, passed: number, failed: number, skips = [aSkip('the page opens')].slice(1)): Part {
  return { name, seconds: 75, tally: { passed, failed, failures: [], skips } };
}

it('the last line of the summary holds the sums, and nothing else', () => {
  const lines = summaryOf([aPart('unit', 1, 2), aPart('e2e', 10, 20, [aSkip('the page opens')])], 100).split('\n');
  expect(lines.at(-2)).toBe('11 passed, 22 failed');
  expect(lines.at(-1)).toBe('');
});

it('the list of skips stands just before the last line', () => {
  const lines = summaryOf([aPart('e2e', 1, 0, [aSkip('the page opens')])], 100).split('\n');
  expect(lines.slice(-6)).toEqual([
    'Skipped:',
    '  test/dashboard/page.spec.ts: the page opens (needs chromium)',
    'To run them: sudo apt-get install chromium',
    '',
    '1 passed, 0 failed',
    '',
  ]);
});

it('a summary without skips has no list of them', () => {
  expect(summaryOf([aPart('unit', 1, 0)], 100)).not.toContain('Skipped');
});

it('the skipped tests of a file are counted, and programs are named once', () => {
  const skips = [aSkip('a'), aSkip('b'), aSkip('14 half of the fleet black-holed', 'test/chaos', ['ip'])];
  expect(skipList(skips).split('\n')).toEqual([
    'Skipped:',
    '  test/dashboard/page.spec.ts: 2 tests (needs chromium)',
    '  test/chaos: 14 half of the fleet black-holed (needs ip)',
    'To run them: sudo apt-get install chromium iproute2',
  ]);
});

it('a test that is skipped for another reason is listed without a program', () => {
  expect(skipList([aSkip('a', PAGE, [])])).toBe('Skipped:\n  test/dashboard/page.spec.ts: a');
});

it('the time of each part is shown, and the time of all', () => {
  const text = summaryOf([aPart('unit', 1, 0), aPart('e2e', 1, 0)], 125);
  expect(text).toMatch(/│ unit +│ +1 min 15 s │/);
  expect(text).toMatch(/│ all +│ +2 min 05 s │/);
});

it('the failed tests stand just before the last line, where the end of a long log shows them', () => {
  const e2e = aPart('e2e', 1, 1);
  const part = { ...e2e, tally: { ...e2e.tally, failures: ['test/cli/a.spec.ts: says no'] } };
  const lines = summaryOf([part, aPart('lint', 0, 1)], 100).split('\n');
  expect(lines.slice(-6, -2)).toEqual(['Failed:', '  e2e: test/cli/a.spec.ts: says no', '  lint', '']);
});

it('there is no such list when nothing failed', () => {
  expect(failureList([aPart('unit', 1, 0)])).toBe('');
});
