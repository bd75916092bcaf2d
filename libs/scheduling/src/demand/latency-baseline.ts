// The baseline latency of each class of requests: a median that is updated step by step.

/** Factor of one step up or down: about 25 responses double or halve the estimate. */
const STEP = 1.03;
/** Responses of a class needed before it has a baseline. */
const MIN_SAMPLES = 30;

/**
 * Tracks the median latency of each class: one step up for a slower response, one step down for a faster one (frugal
 * streaming, Ma, Muthukrishnan and Sandler, 2014, with steps of a factor). A median, so that one slow backend among
 * many does not become the baseline. O(1) time, and two numbers of memory per class.
 */
export class LatencyBaseline {
  private readonly classes: ({ seconds: number; seen: number } | undefined)[] = [];

  /**
   * Records a latency in seconds.
   *
   * @returns the latency as a multiple of the baseline before it, no unit; undefined while the class has too few
   *   responses.
   */
  recordAndCompare(classId: number, latencySeconds: number): number | undefined {
    const baseline = this.classes[classId];
    if (!baseline) {
      this.classes[classId] = { seconds: latencySeconds, seen: 1 };
      return undefined;
    }
    const previousSeconds = baseline.seconds;
    baseline.seconds *= latencySeconds > previousSeconds ? STEP : 1 / STEP;
    return ++baseline.seen <= MIN_SAMPLES || previousSeconds === 0 ? undefined : latencySeconds / previousSeconds;
  }

  /** Returns the baseline of a class, seconds; undefined while it has too few responses. */
  medianSeconds(classId: number): number | undefined {
    const baseline = this.classes[classId];
    return baseline && baseline.seen > MIN_SAMPLES ? baseline.seconds : undefined;
  }

  /** Forgets a class whose number will be reused. */
  forget(classId: number): void {
    this.classes[classId] = undefined;
  }
}
