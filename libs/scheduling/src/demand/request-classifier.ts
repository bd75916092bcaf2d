// Puts requests into classes that should cost alike: same method, same route, body of about the same size.
import { LRUCache } from 'lru-cache';
import { RouteTemplates } from './route-template.js';

/** What a request is classified by. */
export interface RequestTraits {
  readonly method: string;
  /** Path, with or without a query. */
  readonly target: string;
  /** Bytes of the request's body as far as its head tells; 0 when it has none or does not say. */
  readonly bodyBytes: number;
}

/** Targets remembered with their class. */
const REMEMBERED_TARGETS = 512;
/** So often a target that is remembered is taken apart again, to see whether it is still of the same class. */
const USES = 16;

/** A target that was taken apart not long ago. */
interface RememberedTarget {
  readonly method: string;
  readonly bodyBytes: number;
  readonly classId: number;
  /** How many times it was asked for since. */
  uses: number;
}

/**
 * Numbers the classes 0 to `limit` − 1, so that what is known of a class can stand in an array. When there are more
 * classes than numbers, the class that was not seen for longest is forgotten and its number is given to the new one.
 */
export class RequestClassifier {
  private readonly routes = new RouteTemplates();
  private readonly numbers: LRUCache<string, number>;
  private readonly names: string[] = [];
  /** By target, query and all. One that is asked for again and again need not be taken apart each time. */
  private readonly remembered = new Map<string, RememberedTarget>();

  /** `onForgotten` is told a number before another class gets it. */
  constructor(
    private readonly limit: number,
    private readonly onForgotten: (classId: number) => void,
  ) {
    this.numbers = new LRUCache({ max: limit, memoMethod: (name) => this.assignNumber(name) });
  }

  /** The number of the request's class. O(length of the path). */
  classify(request: RequestTraits): number {
    // While there are numbers left nobody is forgotten, and it does not matter who was seen last.
    const known = this.numbers.size < this.limit ? this.remembered.get(request.target) : undefined;
    if (known?.method !== request.method || known.bodyBytes !== request.bodyBytes) return this.takeApart(request, 1);
    return ++known.uses < USES ? known.classId : this.takeApart(request, USES);
  }

  /** Classifies a target that was asked for so many times. */
  private takeApart({ method, target, bodyBytes }: RequestTraits, times: number): number {
    const route = `${method} ${this.routes.templateOf(target, times)}`;
    const name = bodyBytes > 0 ? `${route} 2^${Math.floor(Math.log2(bodyBytes))}` : route;
    const classId = this.numbers.memo(name);
    if (this.remembered.size >= REMEMBERED_TARGETS) this.remembered.clear();
    this.remembered.set(target, { method, bodyBytes, classId, uses: 0 });
    return classId;
  }

  /** A class in words, as in `PUT /users/{} 2^10`; undefined for a number that no class has. */
  nameOf(classId: number): string | undefined {
    return this.names[classId];
  }

  private assignNumber(name: string): number {
    const isFull = this.numbers.size === this.limit;
    const classId = (isFull ? this.numbers.pop() : undefined) ?? this.numbers.size;
    if (isFull) this.onForgotten(classId);
    this.names[classId] = name;
    return classId;
  }
}
