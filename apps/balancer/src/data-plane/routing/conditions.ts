// What a route requires of a request besides its host and path.
import type { RouteMatch, ValueMatch } from '@fairlead/traffic-config';
import type { HopPeer } from '../headers/header-rules.js';
import { isClaim } from '../headers/request-field-filter.js';

/** A request as routes see it. */
export interface RoutableRequest {
  readonly peer: HopPeer;
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
  areMet(request: RoutableRequest): boolean {
    const { method, target } = request;
    if (this.methods.length > 0 && !this.methods.includes(method)) return false;
    for (const { name, value } of this.headers) if (!isMet(value, fieldOf(request, name))) return false;
    return this.query.length === 0 || this.hasParameters(target);
  }

  /** A parameter may be repeated: one of its values has to match. */
  private hasParameters(target: string): boolean {
    const queryAt = target.indexOf('?');
    const parameters = new URLSearchParams(queryAt === -1 ? '' : target.slice(queryAt + 1));
    return this.query.every(({ name, value }) => parameters.has(name, value));
  }
}

/** A field as the backend would get it: what only a proxy may say counts only from one. */
function fieldOf({ peer, field }: RoutableRequest, name: string): string | undefined {
  if (peer.isProxy) return field(name);
  if (name === 'x-client-cert-subject') return peer.certificateSubject;
  return isClaim(name) ? undefined : field(name);
}

function isMet(expected: string | undefined, value: string | undefined): boolean {
  return value !== undefined && (expected === undefined || expected === value);
}
