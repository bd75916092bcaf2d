// Keeps the requests of a client on one backend by a cookie, in pools that ask for it. The client only has to return the cookie.
import type { StickinessConfig } from '@fairlead/traffic-config';
import { Injectable } from '@nestjs/common';
import { cookieValue } from '../../placement/affinity-key.js';
import { Fleet, type FleetBackend } from '../../registry/snapshot/fleet.js';
import type { PoolSnapshots } from '../../registry/snapshot/pool-snapshots.js';
import { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import { CookieTokens } from './cookie-tokens.js';

/** The slot of a request without a valid cookie. */
const NO_SLOT = -1;

/** What a response's cookie depends on. */
export interface StickyRequest {
  readonly pool: string;
  /** Where the request's cookie leads; {@link NO_SLOT} without a valid one. */
  readonly stickySlot: number;
  readonly peer: { readonly tlsVersion: string | undefined };
}

@Injectable()
export class Stickiness {
  /** By pool; empty while no pool is sticky. */
  private sticky: ReadonlyMap<string, StickinessConfig> = new Map();
  private tokens: CookieTokens | undefined;
  /** The slots by cookie value, by pool. Filled on demand, and cleared when {@link snapshots} is replaced. */
  private readonly slots = new Map<string, ReadonlyMap<string, number>>();
  private snapshots: PoolSnapshots | undefined;

  constructor(
    private readonly fleet: Fleet,
    traffic: CurrentTraffic,
  ) {
    traffic.listen(({ pools }) => {
      this.sticky = new Map(pools.flatMap(({ name, stickiness }) => (stickiness ? [[name, stickiness] as const] : [])));
    });
  }

  /** The slot of the backend that a request's cookie leads to; {@link NO_SLOT} without a valid cookie. */
  slotOf(pool: string, field: (name: string) => string | undefined): number {
    if (this.sticky.size === 0) return NO_SLOT;
    const sticky = this.sticky.get(pool);
    const token = sticky && cookieValue(sticky.cookie, field('cookie'));
    return token === undefined ? NO_SLOT : (this.slotsOf(pool).get(token) ?? NO_SLOT);
  }

  /** The value of `Set-Cookie` (RFC 6265) for a response of `backend`; undefined when the client has it already. */
  cookieFor({ pool, stickySlot, peer }: StickyRequest, backend: FleetBackend | undefined): string | undefined {
    if (this.sticky.size === 0 || !backend || backend.slot === stickySlot) return undefined;
    const sticky = this.sticky.get(pool);
    if (!sticky) return undefined;
    const { cookie, lifetimeSeconds, path, sameSite } = sticky;
    const isSecure = peer.tlsVersion !== undefined || sameSite === 'none';
    return [
      `${cookie}=${this.tokensOf().of(pool, backend.id)}`,
      `Path=${path}`,
      ...(lifetimeSeconds === undefined ? [] : [`Max-Age=${Math.round(lifetimeSeconds)}`]),
      'HttpOnly',
      `SameSite=${SAME_SITE[sameSite]}`,
      // Browsers drop a cookie for all sites without it.
      ...(isSecure ? ['Secure'] : []),
    ].join('; ');
  }

  /** The key is known once the fleet is, and does not change. */
  private tokensOf(): CookieTokens {
    return (this.tokens ??= new CookieTokens(this.fleet.cookieKey));
  }

  private slotsOf(pool: string): ReadonlyMap<string, number> {
    const { pools } = this.fleet;
    if (pools !== this.snapshots) {
      this.snapshots = pools;
      this.slots.clear();
    }
    let slots = this.slots.get(pool);
    if (!slots) this.slots.set(pool, (slots = this.readSlots(pool, pools)));
    return slots;
  }

  private readSlots(pool: string, snapshots: PoolSnapshots): ReadonlyMap<string, number> {
    const tokens = this.tokensOf();
    const backends = Array.from(snapshots.of(pool).slots, (slot) => this.fleet.atSlot(slot));
    return new Map(
      backends.flatMap((backend) => (backend ? [[tokens.of(pool, backend.id), backend.slot] as const] : [])),
    );
  }
}

const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;
