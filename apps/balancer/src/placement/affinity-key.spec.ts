import { expect, it } from 'vitest';
import { aRegistry } from '../registry/registry.fixture.js';
import { usePools } from '../traffic-config/current-traffic.fixture.js';
import { AffinityKeyReader } from './affinity-key.js';

/** The default pool has no affinity; `clients`, `paths`, `headers` and `cookies` have one of each kind. */
function aReader() {
  const { registry, traffic } = aRegistry();
  const pool = (name: string, affinity: string) => ({ name, policy: 'maglev', affinity });
  usePools(
    traffic,
    pool('clients', 'client'),
    pool('paths', 'path'),
    pool('headers', 'header:x-user'),
    pool('cookies', 'cookie:id'),
  );
  return { traffic, reader: new AffinityKeyReader(registry, traffic) };
}

const request = (target = '/', fields: Record<string, string> = {}) => ({
  target,
  field: (name: string) => fields[name],
});

it.each([
  ['clients', ['10.0.0.1', request()], ['10.0.0.2', request()]],
  ['paths', ['c', request('/a?q=1')], ['c', request('/b?q=1')]],
  ['headers', ['c', request('/', { 'x-user': 'a' })], ['c', request('/', { 'x-user': 'b' })]],
  ['cookies', ['c', request('/', { cookie: 'x=1; id=a' })], ['c', request('/', { cookie: 'id=b' })]],
] as const)('the key of a request to the pool %s is what the pool says', (pool, one, other) => {
  const { reader } = aReader();
  const keys = [one, other, one].map(([client, each]) => reader.of(client, pool, each));
  expect(keys[0]).toBeTypeOf('number');
  expect(keys[2]).toBe(keys[0]);
  expect(keys[1]).not.toBe(keys[0]);
});

it('there is none for a pool with another policy, for a request that has none, and once the policy is another one', () => {
  const { reader, traffic } = aReader();
  expect(reader.of('c', 'default', request())).toBeUndefined();
  expect(reader.of('c', 'headers', request())).toBeUndefined();
  expect(reader.of('c', 'clients', request())).toBeTypeOf('number');
  usePools(traffic, { name: 'clients', policy: 'drf' });
  expect(reader.of('c', 'clients', request())).toBeUndefined();
});
