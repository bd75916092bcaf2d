import { expect, it, vi, onTestFinished } from 'vitest';
import type { ReportedCost } from './latent-link.js';
import { ReportedCosts } from './reported-costs.js';

function setUp() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const passed: [classId: number, cost: ReportedCost][] = [];
  return { passed, costs: new ReportedCosts((...each) => void passed.push(each)) };
}

it('reports are passed on together', () => {
  const { passed, costs } = setUp();
  costs.add(0, 1, Float64Array.of(4, 2));
  costs.add(0, 1, Float64Array.of(4, 2));
  vi.runAllTimers();
  expect(passed).toEqual([[0, { units: [4, 2], reports: 2 }]]);
});

it('what only backends reported that have left since is not passed on', () => {
  const { passed, costs } = setUp();
  costs.add(0, 1, Float64Array.of(4, 2));
  costs.forgetSlot(1);
  vi.runAllTimers();
  expect(passed).toEqual([]);
});
