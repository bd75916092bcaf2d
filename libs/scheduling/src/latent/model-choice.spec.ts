// Which model is used, and when another takes over.
import { describe, expect, it } from 'vitest';
import { ModelChoice } from './model-choice.js';

function afterPredictions(count: number, losses: readonly number[], chosen = 1): ModelChoice {
  const choice = new ModelChoice(losses.length, chosen);
  for (let i = 0; i < count; i++) choice.add(losses);
  choice.choose();
  return choice;
}

describe('ModelChoice', () => {
  it('changes to a model that predicts clearly better', () => {
    expect(afterPredictions(400, [1, 1, 0.5]).chosen).toBe(2);
  });

  it('stays with its model where another is hardly better', () => {
    expect(afterPredictions(400, [1, 1, 0.9]).chosen).toBe(1);
  });

  it('stays with a model that predicts well enough', () => {
    expect(afterPredictions(400, [1, 1e-3, 1e-9]).chosen).toBe(1);
  });

  it('does not choose by the first few predictions', () => {
    expect(afterPredictions(100, [1, 1, 0.1]).chosen).toBe(1);
  });

  it('falls back to a simpler model when the present one turns bad', () => {
    const choice = afterPredictions(1000, [1, 0.5, 0.2], 2);
    expect(choice.chosen).toBe(2);
    for (let i = 0; i < 2000; i++) choice.add([1, 0.5, 4]);
    expect(choice.choose()).toBe(true);
    expect(choice.chosen).toBe(1);
    expect(choice.loss(2)).toBeCloseTo(4, 0);
    expect(choice.formerLoss).toBe(choice.loss(2));
  });

  it('has no loss before any prediction', () => {
    expect(new ModelChoice(2, 0).loss(0)).toBeNaN();
    expect(new ModelChoice(2, 0).formerLoss).toBeNaN();
  });
});
