// A rate limit that needs one number per client, of which each balancer of a cluster grants its part.

/** Rounding may not refuse the last of a burst. Seconds. */
const SLACK_SECONDS = 1e-6;

/**
 * The Generic Cell Rate Algorithm (ITU-T I.371), which is equal to a token bucket: each event moves the client's
 * theoretical arrival time by one interval, and may not move it further ahead than the burst lasts.
 */
export class Rate {
  private readonly intervalSeconds: number;
  private readonly toleranceSeconds: number;

  /** `burst`: events that may come at once. */
  constructor(
    readonly perSecond: number,
    burst: number,
  ) {
    this.intervalSeconds = 1 / perSecond;
    this.toleranceSeconds = burst / perSecond + SLACK_SECONDS;
  }

  /** The theoretical arrival time after one more event, at one of `balancers` that divide the rate. */
  next(time: number, nowSeconds: number, balancers: number): number {
    return Math.max(time, nowSeconds) + this.intervalSeconds * balancers;
  }

  /**
   * Seconds until an event would be allowed that leads to this theoretical arrival time; at most 0: it is allowed. The
   * balancers divide the burst too, which leaves the tolerance as it is. Each lets at least one event in.
   */
  waitSeconds(next: number, nowSeconds: number, balancers: number): number {
    const oneEventSeconds = this.intervalSeconds * balancers + SLACK_SECONDS;
    return next - nowSeconds - Math.max(this.toleranceSeconds, oneEventSeconds);
  }
}
