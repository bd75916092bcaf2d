// The cookie that keeps a client on a backend: what it says, and where it leads.
import { Logger } from '@nestjs/common';
import type { StickinessConfig } from '@fairlead/traffic-config';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRegistry } from '../../registry/registry.fixture.js';
import { usePools } from '../../traffic-config/current-traffic.fixture.js';
import { Stickiness, type StickyRequest } from './stickiness.js';

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

const COOKIE: StickinessConfig = { cookie: 'node', lifetimeSeconds: undefined, sameSite: 'lax', path: '/' };
const PLAIN: StickyRequest['peer'] = { tlsVersion: undefined };

/** Backends `a` and `b` of a sticky pool. */
function aStickyPool(stickiness: Partial<StickinessConfig> = {}, environment: Record<string, string> = {}) {
  const fleet = aRegistry(environment);
  const { registry, traffic, join } = fleet;
  usePools(traffic, { name: 'default', stickiness: { ...COOKIE, ...stickiness } }, { name: 'other' });
  const [a, b] = [join('a'), join('b')];
  const sticky = new Stickiness(registry, traffic);
  const cookieFor = (backend = a, { peer = PLAIN, stickySlot = -1 } = {}) =>
    sticky.cookieFor({ pool: 'default', stickySlot, peer }, backend);
  const slotOf = (cookie: string | undefined, pool = 'default') =>
    sticky.slotOf(pool, (name) => (name === 'cookie' ? cookie : undefined));
  return { ...fleet, a, b, sticky, cookieFor, slotOf };
}

const pairOf = (setCookie = '') => setCookie.split(';')[0];

describe('the cookie', () => {
  it('says how long, where and to whom browsers send it', () => {
    expect(aStickyPool().cookieFor()).toMatch(/^node=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/);
    const { cookieFor } = aStickyPool({ lifetimeSeconds: 90, sameSite: 'strict', path: '/chat' });
    expect(cookieFor()).toMatch(/^node=[\w-]{22}; Path=\/chat; Max-Age=90; HttpOnly; SameSite=Strict$/);
  });

  it('is secure over TLS, and for all sites', () => {
    const overTls = aStickyPool().cookieFor(undefined, { peer: { tlsVersion: 'TLSv1.3' } });
    expect(overTls).toMatch(/; SameSite=Lax; Secure$/);
    expect(aStickyPool({ sameSite: 'none' }).cookieFor()).toMatch(/; SameSite=None; Secure$/);
  });

  it('leads to its backend, and is not sent again from there', () => {
    const { a, b, cookieFor, slotOf } = aStickyPool();
    const cookie = pairOf(cookieFor(b));
    expect([slotOf(cookie), slotOf(`x=y; ${cookie}; z=`)]).toEqual([b.slot, b.slot]);
    expect(cookieFor(b, { stickySlot: b.slot })).toBeUndefined();
    expect(cookieFor(a, { stickySlot: b.slot })).toMatch(/^node=/);
  });

  it('leads nowhere in another pool, made up, or with another key', () => {
    const { cookieFor, slotOf } = aStickyPool();
    const cookie = pairOf(cookieFor());
    expect([slotOf(cookie, 'other'), slotOf('node=AAAAAAAAAAAAAAAAAAAAAA'), slotOf(undefined)]).toEqual([-1, -1, -1]);
    expect(aStickyPool().slotOf(cookie)).toBe(-1);
  });

  it('leads to the same backend at each balancer with the key', () => {
    const key = { STICKINESS_KEY: 'a secret of two balancers, 32 characters' };
    const [one, two] = [aStickyPool({}, key), aStickyPool({}, key)];
    expect(two.slotOf(pairOf(one.cookieFor(one.b)))).toBe(two.b.slot);
  });

  it('leads nowhere while its backend is down', () => {
    const { b, cookieFor, registry, slotOf } = aStickyPool();
    const cookie = pairOf(cookieFor(b));
    registry.observe(b, { what: 'exchange-failed', reason: 'refused' });
    expect(slotOf(cookie)).toBe(-1);
    registry.observe(b, { what: 'ping-ok', reason: 'ping: connected' });
    expect(slotOf(cookie)).toBe(b.slot);
  });

  it('is not sent by a pool that is not sticky', () => {
    const { a, sticky } = aStickyPool();
    expect(sticky.cookieFor({ pool: 'other', stickySlot: -1, peer: PLAIN }, a)).toBeUndefined();
  });
});
