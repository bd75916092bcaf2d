import { expect, it } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { usePools } from './current-traffic.fixture.js';
import { CurrentTraffic } from './current-traffic.js';

const someTraffic = () => new CurrentTraffic(loadBalancerConfig({ PLACEMENT_POLICY: 'random' }));

it('is the traffic of the environment until it is replaced', () => {
  const traffic = someTraffic();
  expect(traffic.pool('default')).toMatchObject({ policy: 'random' });
  expect(traffic.pool('reports')).toBeUndefined();
  usePools(traffic, { name: 'reports', policy: 'maglev' });
  expect(traffic.pool('reports')).toMatchObject({ policy: 'maglev' });
});

it('notifies listeners at once, and of each replacement in the order in which they came', () => {
  const traffic = someTraffic();
  const seen: string[] = [];
  traffic.listen(({ pools }) => seen.push(`first ${pools.length}`));
  traffic.listen(({ pools }) => seen.push(`second ${pools.length}`));
  usePools(traffic, { name: 'reports' });
  expect(seen).toEqual(['first 1', 'second 1', 'first 2', 'second 2']);
});

it('keeps the settings of a pool that was removed, until it returns with others', () => {
  const traffic = someTraffic();
  usePools(traffic, { name: 'reports', policy: 'maglev' });
  usePools(traffic);
  expect(traffic.pool('reports')).toBeUndefined();
  expect(traffic.settingsOf('reports')).toMatchObject({ policy: 'maglev' });
  usePools(traffic, { name: 'reports', policy: 'prequal' });
  expect(traffic.settingsOf('reports')).toMatchObject({ policy: 'prequal' });
});

it('has the settings of the default pool for a pool that was never there', () => {
  expect(someTraffic().settingsOf('nowhere')).toMatchObject({ name: 'default', policy: 'random' });
});

it('remembers the last hundred pools that were removed', () => {
  const traffic = someTraffic();
  for (let i = 0; i <= 100; i++) usePools(traffic, { name: `pool-${i}`, policy: 'maglev' });
  usePools(traffic);
  const remembered = Array.from({ length: 101 }, (_, i) => traffic.settingsOf(`pool-${i}`).policy === 'maglev');
  expect(remembered.flatMap((is, i) => (is ? [] : [i]))).toEqual([0]);
});
