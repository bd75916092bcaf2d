// A small table of beliefs.
import type { LatentTable } from '@fairlead/scheduling';

/** Two classes and three machines over two of three latent resources; nothing is known of the last ones. */
export function aTable(more: Partial<LatentTable> = {}): LatentTable {
  return {
    shape: { classCount: 2, slotCount: 3, rankLimit: 3 },
    version: 4,
    model: 'latent',
    rank: 2,
    demand: Float64Array.of(2, 8, 1, 1, 1, 1),
    slowness: Float64Array.of(0.5, 0.25, 1, 1, 4, 1, 1, 1, 1),
    classSamples: Float64Array.of(99.6, 0),
    slotSamples: Float64Array.of(400, 25, 0),
    adoptedClassSamples: new Float64Array(2),
    adoptedSlotSamples: new Float64Array(3),
    loss: NaN,
    formerLoss: NaN,
    exploration: 0.01,
    ...more,
  };
}
