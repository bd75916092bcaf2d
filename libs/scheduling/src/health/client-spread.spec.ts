import { describe, expect, it } from 'vitest';
import { clientIdentity, FailureShares, RecentClients, StreakClients } from './client-spread.js';

const SLOT = 1;

/** The clients that were seen on a slot, each at its second. */
function recentClients(seenAt: Readonly<Record<string, number>>): RecentClients {
  const recent = new RecentClients(3);
  for (const [client, at] of Object.entries(seenAt)) recent.add(SLOT, client, at);
  return recent;
}

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::', 'fe80:0:0:0'],
  ['', ''],
])('the client of %j is %j', (address, client) => {
  expect(clientIdentity(address)).toBe(client);
});

describe('failures count', () => {
  it('when they are of three clients', () => {
    const recent = recentClients({ a: 0, b: 0, c: 0, d: 0 });
    expect(recent.areEnough(SLOT, ['x', 'y'], 1)).toBe(false);
    expect(recent.areEnough(SLOT, ['x', 'y', 'z'], 1)).toBe(true);
  });

  it('when they are of all clients that were seen', () => {
    const recent = recentClients({ a: 0, b: 0 });
    expect(recent.areEnough(SLOT, ['a'], 1)).toBe(false);
    expect(recent.areEnough(SLOT, ['a', 'b'], 1)).toBe(true);
    expect(recent.areEnough(2, ['a'], 1)).toBe(true);
  });

  it('when the other clients were seen more than a minute ago', () => {
    const recent = recentClients({ a: 0, b: 5, c: 10 });
    recent.add(SLOT, 'a', 66);
    expect(recent.areEnough(SLOT, ['a'], 65)).toBe(false);
    expect(recent.areEnough(SLOT, ['a', 'c'], 66)).toBe(true);
    expect(recent.areEnough(SLOT, ['a'], 71)).toBe(true);
  });

  it('however often one client comes between the others', () => {
    const recent = recentClients({ a: 0, b: 1, c: 2 });
    for (let at = 3; at < 55; at++) recent.add(SLOT, 'a', at);
    expect(recent.areEnough(SLOT, ['a'], 55)).toBe(false);
  });

  it('as of one client for all addresses of an IPv6 network', () => {
    const recent = recentClients({ a: 0 });
    for (let host = 1; host < 10; host++) recent.add(SLOT, `2001:db8::${host}`, host);
    const failing = new StreakClients();
    expect([1, 2, 3].map((host) => failing.add(SLOT, `2001:db8::${host}`))).toEqual([true, false, false]);
    expect(recent.areEnough(SLOT, failing.of(SLOT), 10)).toBe(false);
  });
});

describe('a window', () => {
  const WINDOW_SECONDS = 10;

  /** How many failures of each client count. */
  function counted(failing: readonly string[], recent: RecentClients, nowSeconds = 1): Record<string, number> {
    const shares = new FailureShares(recent, WINDOW_SECONDS);
    const counts: Record<string, number> = {};
    for (const client of failing) {
      counts[client] ??= 0;
      if (!shares.isExcess(SLOT, client, nowSeconds)) counts[client]++;
    }
    return counts;
  }

  it('counts every failure of the only client', () => {
    expect(counted(Array<string>(50).fill('a'), recentClients({ a: 0 }))).toEqual({ a: 50 });
  });

  it('counts no failure of one client beside others that are served', () => {
    expect(counted(Array<string>(50).fill('a'), recentClients({ a: 0, b: 0 }))).toEqual({ a: 0 });
  });

  it('counts as many failures of one client as of all others', () => {
    const failing = ['a', 'b', 'c', ...Array<string>(100).fill('a'), 'b', ...Array<string>(100).fill('a')];
    const { a, b, c } = counted(failing, recentClients({ a: 0, b: 0, c: 0 }));
    expect(a).toBeLessThanOrEqual(3);
    expect([b, c]).toEqual([1, 1]);
  });

  it('counts nearly all failures of clients that fail alike', () => {
    const clients = ['a', 'b', 'c', 'd'];
    const failing = Array.from({ length: 200 }, (_, i) => clients[(i * 7) % 4]);
    const total = Object.values(counted(failing, recentClients({ a: 0, b: 0, c: 0 }))).reduce((sum, n) => sum + n);
    expect(total).toBeGreaterThan(190);
  });

  it('knows the client with most failures among more than it counts one by one', () => {
    const failing = Array.from({ length: 1000 }, (_, i) => (i % 4 === 0 ? `other ${i}` : 'a'));
    const { a } = counted(failing, recentClients({ a: 0, b: 0, c: 0 }));
    expect(a).toBeLessThanOrEqual(250);
  });

  it('begins again when it is over', () => {
    const shares = new FailureShares(recentClients({ a: 0, b: 0, c: 0 }), WINDOW_SECONDS);
    for (const client of ['a', 'b', 'c', 'b', 'c', 'b', 'c']) shares.isExcess(SLOT, client, 0);
    expect(shares.isExcess(SLOT, 'a', 9)).toBe(false);
    expect(shares.isExcess(SLOT, 'a', 10)).toBe(true);
  });
});
