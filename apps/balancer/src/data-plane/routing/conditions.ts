// What a route requires of a request besides its host and path.
import type { RouteMatch, ValueMatch } from '@fairlead/traffic-config';

/** A request as routes see it. */
export interface RoutableRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The value of `Host`, as received; empty without one. */
  readonly host: string;
  /** A field by its name in lower case; undefined when it is absent. */
  readonly field: (name: string) => string | undefined;
}

/** The methods, header fields and parameters that a route matches. */
export class Conditions {
  /** Whether every request meets them. */
  readonly areNone: boolean;
  private readonly methods: readonly string[];
  private readonly headers: readonly ValueMatch[];
  private readonly query: readonly ValueMatch[];

  constructor({ methods, headers, query }: Pick<RouteMatch, 'methods' | 'headers' | 'query'>) {
    // Servers respond to HEAD where they respond to GET (RFC 9110 §9.3.2).
    this.methods = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
    this.headers = headers;
    this.query = query;
    this.areNone = methods.length === 0 && headers.length === 0 && query.length === 0;
  }

  /** Whether a request meets them. */
  areMet({ method, target, field }: RoutableRequest): boolean {
    if (this.methods.length > 0 && !this.methods.includes(method)) return false;
    for (const { name, value } of this.headers) if (!isMet(value, field(name))) return false;
    return this.query.length === 0 || this.hasParameters(target);
  }

  /** A parameter may be repeated: one of its values has to match. */
  private hasParameters(target: string): boolean {
    const queryAt = target.indexOf('?');
    const parameters = new URLSearchParams(queryAt === -1 ? '' : target.slice(queryAt + 1));
    return this.query.every(({ name, value }) => parameters.has(name, value));
  }
}

function isMet(expected: string | undefined, value: string | undefined): boolean {
  return value !== undefined && (expected === undefined || expected === value);
}
