// The real speed of each backend as a multiple of its declared speed.

/** Larger deviations have other causes than speed. */
const MAX_FACTOR = 2;
/** Weight of the samples kept. */
const MEMORY = 400;
/**
 * Weight of the prior assumption that declared speeds are right. It also keeps the fleet's common factor from drifting.
 */
const PRIOR_WEIGHT = 50;
/** Limits the effect of a single stalled request. */
const MAX_SLOWDOWN = 5;

/** κ_s by slot: the inverse of the moving mean of observed / predicted service, clamped to ½ … 2. */
export class SpeedFactors {
  private readonly weight: Float64Array;
  private readonly slowness: Float64Array;

  constructor(slotCount: number) {
    this.weight = new Float64Array(slotCount);
    this.slowness = new Float64Array(slotCount);
  }

  /** Returns real speed / declared speed; 1 without samples. */
  factor(slot: number): number {
    const factor = (this.weight[slot] + PRIOR_WEIGHT) / (this.slowness[slot] + PRIOR_WEIGHT);
    return Math.min(MAX_FACTOR, Math.max(1 / MAX_FACTOR, factor));
  }

  /**
   * Adds a service of `observedSeconds` for which the declared capacity predicts `predictedSeconds`. 0 < weight ≤ 1.
   */
  observe(slot: number, observedSeconds: number, predictedSeconds: number, weight: number): void {
    if (!(predictedSeconds > 0)) return;
    const decay = 1 - weight / MEMORY;
    const slowdown = Math.min(MAX_SLOWDOWN, observedSeconds / predictedSeconds);
    this.weight[slot] = this.weight[slot] * decay + weight;
    this.slowness[slot] = this.slowness[slot] * decay + weight * slowdown;
  }

  /** Forgets a backend whose slot will be reused. */
  forget(slot: number): void {
    this.weight[slot] = 0;
    this.slowness[slot] = 0;
  }
}
