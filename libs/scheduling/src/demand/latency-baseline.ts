// What is usual: the median latency of each class of requests, followed step by step.

/** A step up or down, as a factor: some 25 answers double or halve the estimate. */
const STEP = 1.03;
/** So many answers of a class have to be seen before there is anything usual about them. */
const MIN_SAMPLES = 30;

/**
 * Follows the median latency of each class: a little up with each answer that took longer, a little down with each that
 * was faster (the frugal streaming of Ma, Muthukrishnan and Sandler, 2014, in steps of a factor). A median, since one slow
 * backend among many must not become what is usual. O(1) in time, two numbers in memory for each class.
 */
export class LatencyBaseline {
  private readonly classes: ({ seconds: number; seen: number } | undefined)[] = [];

  /**
   * Takes in a latency in seconds. Answers how many times the usual one it was, a plain number; undefined while too few
   * of its class were seen.
   */
  recordAndCompare(classId: number, latencySeconds: number): number | undefined {
    const usual = this.classes[classId];
    if (!usual) {
      this.classes[classId] = { seconds: latencySeconds, seen: 1 };
      return undefined;
    }
    const before = usual.seconds;
    usual.seconds *= latencySeconds > before ? STEP : 1 / STEP;
    return ++usual.seen <= MIN_SAMPLES || before === 0 ? undefined : latencySeconds / before;
  }

  /** What is usual for a class, seconds; undefined while too few of it were seen. */
  of(classId: number): number | undefined {
    const usual = this.classes[classId];
    return usual && usual.seen > MIN_SAMPLES ? usual.seconds : undefined;
  }

  /** The class means something else from now on. */
  forget(classId: number): void {
    this.classes[classId] = undefined;
  }
}
