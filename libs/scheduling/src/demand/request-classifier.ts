// Groups requests into classes of similar cost: same pool, same method, same route, body of about the same size.
import { LRUCache } from 'lru-cache';
import { RouteTemplates } from './route-template.js';

/** What a request is classified by. */
export interface RequestTraits {
  /** As received. */
  readonly method: string;
  /** Path, with or without a query. */
  readonly target: string;
  /** Size of the body according to the head, bytes; 0 when there is no body or its size is unknown. */
  readonly bodyBytes: number;
}

/** Maximum number of targets whose class is remembered. */
const MAX_REMEMBERED_TARGETS = 512;
/** A remembered target is classified again after this many requests, because its route may have changed. */
const USES_BEFORE_REVIEW = 16;

/** A target that was classified recently. */
interface RememberedTarget {
  readonly method: string;
  readonly bodyBytes: number;
  readonly classId: number;
  /** Requests since then. */
  uses: number;
}

/**
 * Numbers the classes from 0 to `limit` − 1, so that data about classes fits into arrays. When all numbers are taken,
 * the least recently used class is forgotten and its number goes to the new one.
 */
export class RequestClassifier {
  private readonly routes = new RouteTemplates();
  private readonly numbers: LRUCache<string, number>;
  private readonly names: string[] = [];
  /** By pool and target, including the query. Saves the work of classifying a repeated target each time. */
  private readonly remembered = new Map<string, RememberedTarget>();

  /**
   * @param limit maximum number of classes.
   * @param onForgotten called with a number before another class gets it.
   * @param onNamed called when a class gets a number.
   */
  constructor(
    private readonly limit: number,
    private readonly onForgotten: (classId: number) => void,
    private readonly onNamed: (classId: number, name: string) => void = () => {},
  ) {
    this.numbers = new LRUCache({ max: limit, memoMethod: (name) => this.assignNumber(name) });
  }

  /**
   * Returns the number of the request's class, from 0 to `limit` − 1. O(length of the path).
   *
   * @param pool the pool whose backends serve it, which begins the name of the class; empty: the name has none.
   */
  classify(request: RequestTraits, pool = ''): number {
    // A target has no space.
    const key = pool === '' ? request.target : `${pool} ${request.target}`;
    // While numbers are left, no class is evicted, so the order of use need not be updated.
    const entry = this.numbers.size < this.limit ? this.remembered.get(key) : undefined;
    if (entry?.method !== request.method || entry.bodyBytes !== request.bodyBytes)
      return this.classifyTarget(request, pool, key, 1);
    if (++entry.uses < USES_BEFORE_REVIEW) return entry.classId;
    return this.classifyTarget(request, pool, key, USES_BEFORE_REVIEW);
  }

  /** Classifies a target that was requested `times` times. */
  private classifyTarget(
    { method, target, bodyBytes }: RequestTraits,
    pool: string,
    key: string,
    times: number,
  ): number {
    const prefix = pool === '' ? '' : `${pool}: `;
    const route = `${prefix}${method} ${this.routes.templateOf(target, times)}`;
    const name = bodyBytes > 0 ? `${route} 2^${Math.floor(Math.log2(bodyBytes))}` : route;
    const classId = this.numbers.memo(name);
    if (this.remembered.size >= MAX_REMEMBERED_TARGETS) this.remembered.clear();
    this.remembered.set(key, { method, bodyBytes, classId, uses: 0 });
    return classId;
  }

  /** Returns the number of a class that is told apart by something else than a target. */
  numberOf(name: string): number {
    return this.numbers.memo(name);
  }

  /** Returns the name of a class, such as `PUT /users/{} 2^10` or `reports: GET /`; undefined for a number that is not in use. */
  nameOf(classId: number): string | undefined {
    return this.names[classId];
  }

  private assignNumber(name: string): number {
    const isFull = this.numbers.size === this.limit;
    const classId = (isFull ? this.numbers.pop() : undefined) ?? this.numbers.size;
    if (isFull) this.onForgotten(classId);
    this.names[classId] = name;
    this.onNamed(classId, name);
    return classId;
  }
}

/** Returns the pool in the name of a class; empty if the name has none. The name of a method has no colon. */
export function poolOfClass(name: string): string {
  const space = name.indexOf(' ');
  return name[space - 1] === ':' ? name.slice(0, space - 1) : '';
}
