// How fast each backend really is, as a multiple of what it declared.

/** A backend that is off by more than this has something else wrong. */
const MAX_FACTOR = 2;
/** Weight of samples kept. */
const MEMORY = 400;
/** Weight of the belief that a backend declared the truth. It also keeps the fleet's common factor from drifting. */
const TRUST = 50;
/** One stalled request is not a slow backend. */
const MAX_SHARE = 5;

/** κ_s by slot: the moving mean of observed over predicted service, upside down and clamped to ½ … 2. */
export class SpeedFactors {
  private readonly weight: Float64Array;
  private readonly slowness: Float64Array;

  constructor(slotCount: number) {
    this.weight = new Float64Array(slotCount);
    this.slowness = new Float64Array(slotCount);
  }

  /** Real speed over declared speed; 1 until something else is seen. */
  factor(slot: number): number {
    const factor = (this.weight[slot] + TRUST) / (this.slowness[slot] + TRUST);
    return Math.min(MAX_FACTOR, Math.max(1 / MAX_FACTOR, factor));
  }

  /** A service of `observedSeconds` where the declared capacity made one expect `predictedSeconds`. 0 < weight ≤ 1. */
  observe(slot: number, observedSeconds: number, predictedSeconds: number, weight: number): void {
    if (!(predictedSeconds > 0)) return;
    const keep = 1 - weight / MEMORY;
    const share = Math.min(MAX_SHARE, observedSeconds / predictedSeconds);
    this.weight[slot] = this.weight[slot] * keep + weight;
    this.slowness[slot] = this.slowness[slot] * keep + weight * share;
  }

  /** Another backend has the slot now. */
  forget(slot: number): void {
    this.weight[slot] = 0;
    this.slowness[slot] = 0;
  }
}
