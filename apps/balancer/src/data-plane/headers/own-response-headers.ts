// The headers that the balancer adds to some responses: what it was asked for, and what is configured for TLS. Pure.
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';
import { placementHeader } from './demand-headers.js';

/** What the headers of a response follow from. */
export interface RespondedRequest {
  readonly peer: { readonly tlsVersion?: string | undefined };
  /** Whether the response is to have `Fairlead-Placement`. */
  readonly wantsPlacement: boolean;
  readonly demand: ResourceVector;
}

const NONE: readonly string[] = [];

export class OwnResponseHeaders {
  /** For responses over TLS. Browsers heed the first `Strict-Transport-Security`, so a backend's own goes before it. */
  private readonly secure: readonly string[];

  /** @param hstsSeconds 0: no `Strict-Transport-Security` (RFC 6797). */
  constructor(
    private readonly resources: ResourceSpace,
    hstsSeconds: number,
  ) {
    this.secure = hstsSeconds > 0 ? ['Strict-Transport-Security', `max-age=${hstsSeconds}`] : NONE;
  }

  /** A raw header list; mostly the same empty one. */
  of({ peer, wantsPlacement, demand }: RespondedRequest, backendId: string | undefined): readonly string[] {
    const always = peer.tlsVersion === undefined ? NONE : this.secure;
    return wantsPlacement ? [...always, ...placementHeader(backendId, demand, this.resources)] : always;
  }
}
