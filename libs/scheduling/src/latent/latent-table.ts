// What is believed of classes and machines at one moment, as the threads that place requests use it.
import type { LatentFactors, LatentShape } from './latent-factors.js';

/**
 * The model that a table comes from: several latent resources; one resource, that is, the attained service of each class
 * and machine; or none, so that all requests count alike, and so do all machines that declare nothing.
 */
export type LatentModelName = 'latent' | 'attained-service' | 'least-requests';

/** The name of the model with `rank` latent resources. */
export function modelName(rank: number): LatentModelName {
  if (rank === 0) return 'least-requests';
  return rank === 1 ? 'attained-service' : 'latent';
}

/** Immutable, and free of references to anything but its numbers, so that it can be sent to other threads. */
export interface LatentTable {
  readonly shape: LatentShape;
  /** Increases with each table of a learner. */
  readonly version: number;
  readonly model: LatentModelName;
  /** Number of latent resources in use. */
  readonly rank: number;
  /** Units, at `classId * rankLimit + r`. */
  readonly demand: Float64Array;
  /** Seconds per unit, at `slot * rankLimit + r`. */
  readonly slowness: Float64Array;
  /** Weight of the samples behind each class, and behind each machine. */
  readonly classSamples: Float64Array;
  readonly slotSamples: Float64Array;
  /** The part of these that was adopted. */
  readonly adoptedClassSamples: Float64Array;
  readonly adoptedSlotSamples: Float64Array;
  /** Mean deviance of predictions made before the responses were seen; see `deviance`. NaN: too few so far. */
  readonly loss: number;
  /** The same of the model that this one took over from, at that time; NaN: it is the first. */
  readonly formerLoss: number;
  /** The part of the requests that go where little is known. */
  readonly exploration: number;
}

/** Returns a table with a copy of the factors, and nothing adopted. */
export function tableOf(
  factors: LatentFactors,
  rest: Pick<LatentTable, 'version' | 'model' | 'loss' | 'formerLoss' | 'exploration'>,
): LatentTable {
  const { shape, rank } = factors;
  return {
    shape,
    rank,
    demand: factors.demand.slice(),
    slowness: factors.slowness.slice(),
    classSamples: factors.classSamples.slice(),
    slotSamples: factors.slotSamples.slice(),
    adoptedClassSamples: new Float64Array(shape.classCount),
    adoptedSlotSamples: new Float64Array(shape.slotCount),
    ...rest,
  };
}

/**
 * How certain an entry is, from 0 (nothing) towards 1: 1 / (1 + its relative standard error), on the assumption that
 * requests of a class differ by as much as their mean.
 */
export function confidence(samples: number): number {
  return 1 / (1 + 1 / Math.sqrt(samples));
}
