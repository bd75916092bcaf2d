// Puts requests into classes that should cost alike: same method, same route, body of about the same size.
import { LruMap } from './lru-map.js';
import { RouteTemplates } from './route-template.js';

/** What a request is classified by. */
export interface RequestTraits {
  readonly method: string;
  /** The request target, with or without its query. */
  readonly path: string;
  /** Bytes of the request's body as far as its head tells; 0 when it has none or does not say. */
  readonly bodyBytes: number;
}

/**
 * Numbers the classes 0 to `limit` − 1, so that what is known of a class can stand in an array. When there are more
 * classes than numbers, the class that was not seen for longest is forgotten and its number is given to the new one.
 */
export class RequestClassifier {
  private readonly routes = new RouteTemplates();
  private readonly numbers: LruMap<string, number>;
  private readonly names: string[] = [];
  private freedNumber: number | undefined;

  /** `onForgotten` is told a number before another class gets it. */
  constructor(limit: number, onForgotten: (classId: number) => void) {
    this.numbers = new LruMap(limit, (_, classId) => {
      this.freedNumber = classId;
      onForgotten(classId);
    });
  }

  /** The number of the request's class. O(length of the path). */
  classify({ method, path, bodyBytes }: RequestTraits): number {
    const route = `${method} ${this.routes.templateOf(path)}`;
    const name = bodyBytes > 0 ? `${route} 2^${Math.floor(Math.log2(bodyBytes))}` : route;
    return this.numbers.obtain(name, () => this.assignNumber(name));
  }

  /** A class in words, as in `PUT /users/{} 2^10`; undefined for a number that no class has. */
  nameOf(classId: number): string | undefined {
    return this.names[classId];
  }

  private assignNumber(name: string): number {
    const classId = this.freedNumber ?? this.numbers.size;
    this.freedNumber = undefined;
    this.names[classId] = name;
    return classId;
  }
}
