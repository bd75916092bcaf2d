// What a route changes of a request on the way to the backend.
import type { HeaderChanges, RouteRewrite } from '@fairlead/traffic-config';
import { CompiledHeaderChanges } from '../headers/header-changes.js';
import { withPrefix } from './responders.js';

export class RequestChanges {
  /** In place of the client's `Host`; undefined leaves it. */
  readonly host: string | undefined;
  readonly headers: CompiledHeaderChanges;
  private readonly prefix: RouteRewrite['prefix'];

  private constructor({ prefix, host }: RouteRewrite, headers: HeaderChanges) {
    this.prefix = prefix;
    this.host = host;
    const setHost = host === undefined ? [] : [['Host', host] as const];
    this.headers = new CompiledHeaderChanges({ ...headers, set: [...setHost, ...headers.set] });
  }

  /** The changes of a route; undefined for none. */
  static of(rewrite: RouteRewrite, headers: HeaderChanges): RequestChanges | undefined {
    const changes = new RequestChanges(rewrite, headers);
    return rewrite.prefix === undefined && changes.headers.areNone ? undefined : changes;
  }

  /** The target as the backend gets it, without the path prefix of its URL. */
  targetOf(target: string): string {
    return this.prefix === undefined ? target : withPrefix(target, this.prefix.from, this.prefix.to);
  }
}
