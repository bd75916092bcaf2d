// Several pools behind one route: by weight, and the same pool for the same client.
import { expect, it } from 'vitest';
import { startWithFile } from '../support/configuration-file.js';
import { whenTestEnds } from '../support/lifetime.js';
import { httpUpstream } from '../support/upstreams.js';

async function file(routes: string): Promise<string> {
  const serve = (name: string) => httpUpstream((_, response) => response.end(name), whenTestEnds);
  const [stable, canary] = await Promise.all([serve('stable'), serve('canary')]);
  const pool = ({ port }: { readonly port: number }) => `{ backends: [{ url: "http://127.0.0.1:${port}" }] }`;
  return `pools: { stable: ${pool(stable)}, canary: ${pool(canary)} }\nroutes:\n${routes}`;
}

/** How many of `count` requests each pool has served. */
async function served(url: string, count: number, headers: (i: number) => Record<string, string> = () => ({})) {
  const counts: Record<string, number> = {};
  for (let from = 0; from < count; from += 50) {
    const names = Array.from({ length: Math.min(50, count - from) }, async (_, i) =>
      (await fetch(url, { headers: headers(from + i) })).text(),
    );
    for (const name of await Promise.all(names)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const SHARES = 'pools: [{ pool: stable, weight: 95 }, { pool: canary, weight: 5 }]';

it('a canary at 5 % gets its part of the requests', async () => {
  const { url } = await startWithFile(await file(`  - ${SHARES}`));
  const { stable, canary } = await served(url, 2_000);
  expect(stable + canary).toBe(2_000);
  // Beyond six standard deviations once in a billion runs.
  expect(canary).toBeGreaterThan(40);
  expect(canary).toBeLessThan(160);
});

it('a client stays on one of the pools where the route says so', async () => {
  const { url } = await startWithFile(await file(`  - { ${SHARES}, stable: "cookie:session" }`));
  const cookie = (i: number) => ({ cookie: `other=x; session=client-${i}` });
  const poolsOf = async () => {
    const names = [];
    for (let i = 0; i < 300; i++) names.push(await (await fetch(url, { headers: cookie(i) })).text());
    return names;
  };
  const first = await poolsOf();
  expect(new Set(first)).toEqual(new Set(['stable', 'canary']));
  expect(await poolsOf()).toEqual(first);
});

it('a canary by a header', async () => {
  const routes = '  - { match: { headers: { x-canary: "yes" } }, pool: canary }\n  - pool: stable';
  const { url } = await startWithFile(await file(routes));
  expect(await served(url, 20, (i): Record<string, string> => (i < 5 ? { 'x-canary': 'yes' } : {}))).toEqual({
    stable: 15,
    canary: 5,
  });
});
