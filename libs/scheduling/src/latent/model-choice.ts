// Chooses between models by how well they predict responses before they are learned from.
import { deviance, type LatentFactors } from './latent-factors.js';
import { LatentFit, type FitContext } from './latent-fit.js';

/** Predictions over which the deviance of a model is averaged. */
const MEMORY = 500;
/** Predictions before the first choice. */
const MIN_PREDICTIONS = 300;
/** The least improvement in deviance before another model is chosen, relative to the chosen one's. */
const MIN_GAIN = 0.15;
/** What is added to it: predictions that are within 6 % are good enough. */
const MIN_IMPROVEMENT = 0.002;

/** The moving mean of each model's deviance on responses that it had not seen. */
export class ModelChoice {
  private readonly losses: Float64Array;
  private predictions = 0;
  /** The number of samples that were added before the last call of {@link judge}. */
  private judgedSamples = 0;
  /** The mean deviance of the model that {@link chosen} took over from, at that time; NaN: it is the first. */
  formerLoss = NaN;

  /** @param chosen the index of the model that is used until another proves better. */
  constructor(
    modelCount: number,
    public chosen: number,
  ) {
    this.losses = new Float64Array(modelCount);
  }

  /**
   * Compares what each model predicts for the samples that were added since the last call, and chooses one; without models,
   * only passes those samples over. Yields after each model.
   */
  *judge(models: readonly LatentFactors[], context: FitContext): Generator<void, void> {
    const fits: LatentFit[] = [];
    for (const factors of models) {
      fits.push(new LatentFit(factors, context));
      yield;
    }
    const { samples } = context;
    const first = Math.max(this.judgedSamples, samples.total - samples.count);
    this.judgedSamples = samples.total;
    if (fits.length === 0) return;
    for (let sample = first; sample < samples.total; sample++) {
      const at = sample % samples.capacity;
      if (samples.isValid[at] === 1) this.add(fits.map((fit) => deviance(Math.max(1e-9, fit.ratio(at)))));
    }
    this.choose();
  }

  /** Adds the deviances of one response's predictions, by model. */
  add(deviances: ArrayLike<number>): void {
    const gain = Math.max(1 / ++this.predictions, 1 / MEMORY);
    for (let model = 0; model < this.losses.length; model++) {
      this.losses[model] += gain * (deviances[model] - this.losses[model]);
    }
  }

  /** The mean deviance of a model; NaN before any prediction. */
  loss(model: number): number {
    return this.predictions === 0 ? NaN : this.losses[model];
  }

  /** Changes to the best model if it is clearly better than the chosen one. Returns whether it did. */
  choose(): boolean {
    if (this.predictions < MIN_PREDICTIONS) return false;
    const best = this.losses.indexOf(Math.min(...this.losses));
    if (!(this.losses[best] < (1 - MIN_GAIN) * this.losses[this.chosen] - MIN_IMPROVEMENT)) return false;
    this.formerLoss = this.losses[this.chosen];
    this.chosen = best;
    return true;
  }
}
