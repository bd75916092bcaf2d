import { expect, it } from 'vitest';
import { maskedTraffic } from './masked.js';
import { parsed } from './traffic.fixture.js';

const TEXT = `
pools: { default: { health: { path: '/\${KEY}' } } }
routes:
  - match: { headers: { x-key: '\${KEY}', x-other: '*' }, query: { key: 'k-\${KEY}' } }
    pool: default
    requestHeaders: { set: { Authorization: 'Bearer \${TOKEN}' }, add: { X-Key: '\${KEY}' } }
    responseHeaders: { set: { X-Plain: abc } }
  - respond: { status: 200, body: 'key: \${KEY}' }
`;

it('masks what was inserted where it may be secret, and shows no limit as 0', () => {
  const result = parsed(TEXT, { environment: { KEY: 'abcd', TOKEN: 'abcdef' } });
  if (result.kind !== 'valid') throw new Error(result.problems[0].message);
  const { pools, routes } = maskedTraffic(result.traffic, result.secrets);
  expect(pools[0].health.path).toBe('/abcd');
  expect(routes[0]).toMatchObject({
    match: {
      headers: [
        { name: 'x-key', value: '***' },
        { name: 'x-other', value: undefined },
      ],
      query: [{ name: 'key', value: 'k-***' }],
    },
    maxBodyBytes: 0,
    requestHeaders: { set: [['Authorization', 'Bearer ***']], add: [['X-Key', '***']] },
    responseHeaders: { set: [['X-Plain', 'abc']] },
  });
  expect(routes[1].action).toMatchObject({ body: 'key: ***' });
});
