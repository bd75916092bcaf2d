// The headers that the balancer adds to some responses: `Fairlead-Placement` and `Strict-Transport-Security`. Pure.
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';
import { placementHeader } from './demand-headers.js';
import type { CompiledHeaderChanges } from './header-changes.js';

/** What the headers of a response depend on. */
export interface RespondedRequest {
  readonly peer: { readonly tlsVersion?: string | undefined };
  /** Whether the response is to have `Fairlead-Placement`. */
  readonly wantsPlacement: boolean;
  readonly demand: ResourceVector;
}

const NONE: readonly string[] = [];

/** Computes the headers that the balancer adds to a response. */
export class OwnResponseHeaders {
  /** For responses over TLS. Browsers obey the first `Strict-Transport-Security`, so a backend's own takes precedence. */
  private readonly secure: readonly string[];

  /** @param hstsSeconds 0: no `Strict-Transport-Security` (RFC 6797). */
  constructor(
    private readonly resources: ResourceSpace,
    hstsSeconds: number,
  ) {
    this.secure = hstsSeconds > 0 ? ['Strict-Transport-Security', `max-age=${hstsSeconds}`] : NONE;
  }

  /**
   * Returns a raw header list; for most responses the same empty one.
   *
   * @param backendId of the backend that responds.
   * @param changes those of the request's route; undefined for none.
   * @param cookie the value of `Set-Cookie`; undefined for none.
   */
  of(
    { peer, wantsPlacement, demand }: RespondedRequest,
    backendId: string | undefined,
    changes: CompiledHeaderChanges | undefined,
    cookie: string | undefined,
  ): readonly string[] {
    const secure = peer.tlsVersion === undefined ? NONE : this.secure;
    // Those of the route first: of two such fields, browsers obey the first one.
    const always = changes ? [...changes.added, ...secure] : secure;
    if (!wantsPlacement && cookie === undefined) return always;
    const setCookie = cookie === undefined ? NONE : ['Set-Cookie', cookie];
    const placement = wantsPlacement ? placementHeader(backendId, demand, this.resources) : NONE;
    return [...always, ...setCookie, ...placement];
  }
}
