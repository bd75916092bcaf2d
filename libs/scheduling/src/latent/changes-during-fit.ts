// What becomes another class or another machine while a fit is going on: the factors that it finds are of the former one.
import type { LatentFactors } from './latent-factors.js';
import type { Priors } from './priors.js';

export class ChangesDuringFit {
  private readonly forgottenClasses = new Set<number>();
  private readonly forgottenSlots = new Set<number>();
  private readonly declaredSlots = new Set<number>();

  /** The number of a class will be reused. */
  forgetClass(classId: number): void {
    this.forgottenClasses.add(classId);
  }

  /** The slot of a machine will be reused. */
  forgetSlot(slot: number): void {
    this.forgottenSlots.add(slot);
  }

  /** A machine has declared something. */
  declareMachine(slot: number): void {
    this.declaredSlots.add(slot);
  }

  /** Makes the same changes in factors that a fit has found, for which `priors` knows what machines declare. */
  applyTo(models: readonly LatentFactors[], priors: Priors): void {
    for (const factors of models) {
      for (const classId of this.forgottenClasses) factors.forgetClass(classId);
      for (const slot of this.forgottenSlots) factors.forgetSlot(slot);
      for (const slot of this.declaredSlots) priors.writeMachine(factors, slot);
    }
  }
}
