// Limits the demands that clients declare: without a limit, two requests that claim a million units would keep all others
// away from their backends.
import { RequestClassifier, type RequestTraits, type ResourceVector } from '@fairlead/scheduling';

/** The first declared demand of a route may be this multiple of the mean; each further one may be one multiple more. */
const FIRST_RATIO = 10;
/** How many declared demands the expectation counts for with which a mean begins. */
const PRIOR_WEIGHT = 10;
/** A demand enters a mean as at most this multiple of it, so that a few cannot raise it much. */
const MAX_RAISE = 10;
/** A mean goes by about this many of the last demands. */
const MEMORY = 1000;
/** Lower bound of a route's mean, as a part of the mean of all routes. */
const MIN_RATIO = 0.01;

/** A running mean of declared demands, units by resource. Requests that do not need a resource do not count for it. */
class DeclaredMean {
  /** How many demands were added, by resource. */
  readonly counts: Float64Array;
  readonly mean: ResourceVector;

  /** @param prior what is expected before the first demand; copied. */
  constructor(prior: ResourceVector) {
    this.mean = prior.slice();
    this.counts = new Float64Array(prior.length);
  }

  add(demand: ResourceVector): void {
    const { mean, counts } = this;
    for (let r = 0; r < mean.length; r++) {
      if (demand[r] === 0) continue;
      const gain = 1 / (PRIOR_WEIGHT + Math.min(++counts[r], MEMORY));
      mean[r] += gain * (Math.min(demand[r], MAX_RAISE * mean[r]) - mean[r]);
    }
  }
}

/** The declared demands of one thread, by route: the class of requests of one pool, method, path template and size. */
export class DeclaredDemands {
  private readonly classifier: RequestClassifier;
  private readonly routes: (DeclaredMean | undefined)[] = [];
  /** Of all routes: what is expected of a route without any. At first one unit of each resource. */
  private readonly overall: DeclaredMean;

  /**
   * @param maxClasses routes that are remembered; beyond, the least recently used is forgotten.
   * @param maxRatio the largest multiple of a route's mean that counts.
   */
  constructor(
    resourceCount: number,
    maxClasses: number,
    private readonly maxRatio: number,
  ) {
    this.overall = new DeclaredMean(new Float64Array(resourceCount).fill(1));
    this.classifier = new RequestClassifier(maxClasses, (classId) => (this.routes[classId] = undefined));
  }

  /** Lowers a declared demand to what counts of it in a pool, in place, and remembers it. */
  limit(request: RequestTraits, pool: string, demand: ResourceVector): void {
    const { overall } = this;
    const route = (this.routes[this.classifier.classify(request, pool)] ??= new DeclaredMean(overall.mean));
    for (let r = 0; r < demand.length; r++) {
      const ratio = Math.min(this.maxRatio, FIRST_RATIO + route.counts[r]);
      const expected = Math.max(route.mean[r], MIN_RATIO * overall.mean[r]);
      demand[r] = Math.min(demand[r], ratio * expected);
    }
    route.add(demand);
    overall.add(demand);
  }
}
