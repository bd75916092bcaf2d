// Anchors, variables and secret files, and where their problems are said to be.
import { describe, expect, it } from 'vitest';
import { aTraffic, parsed, problemsOf } from '../traffic.fixture.js';

describe('anchors', () => {
  it('are replaced, and mappings merged', () => {
    const text = `
pools:
  a: &base { policy: random, health: &health { rise: 7 } }
  b: { <<: *base, policy: drf }
  c: { health: *health }
  d: { <<: [{ health: { fall: 9 } }, *base] }
`;
    const pools = aTraffic(text).pools.map(({ name, policy, health: { rise, fall } }) => [name, policy, rise, fall]);
    expect(pools.slice(0, 4)).toEqual([
      ['a', 'random', 7, 3],
      ['b', 'drf', 7, 3],
      ['c', 'drf', 7, 3],
      ['d', 'random', 2, 9],
    ]);
  });

  it('put a problem where the value is written', () => {
    expect(problemsOf('pools:\n  a: &base { polcy: random }\n  b: { <<: *base }\n')).toEqual([
      expect.stringMatching(/^fairlead.yaml:2:14: pools.a.polcy is unknown/),
      expect.stringMatching(/^fairlead.yaml:2:14: pools.b.polcy is unknown/),
    ]);
  });

  it('that explode are refused, as are those that contain themselves', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`);
    const oversize =
      'fairlead.yaml:1:1: the file must have at most 200000 values in 50 levels, with each alias replaced by what it stands for';
    expect(problemsOf(`l0: &l0 [x]\n${levels.join('\n')}`)).toEqual([oversize]);
    expect(problemsOf('pools: &a { b: *a }')).toEqual([oversize]);
    expect(problemsOf('['.repeat(100_000))).toEqual([oversize]);
  });
});

describe('secrets', () => {
  const text = `
routes:
  - pool: default
    match: { host: '\${HOST}' }
    limits: { burst: '\${BURST}', rate: '\${BURST}' }
    requestHeaders: { set: { Authorization: 'Bearer \${file:token}', X-Price: '$\${x}' } }
`;
  const options = { environment: { HOST: 'a.example', BURST: '7' }, readFile: (path: string) => `the ${path}\n` };

  it('are inserted, and remembered', () => {
    const result = parsed(text, options);
    expect(result).toMatchObject({
      traffic: {
        routes: [
          {
            match: { hosts: ['a.example'] },
            rate: { requestsPerSecond: 7, burst: 7 },
            requestHeaders: {
              set: [
                ['Authorization', 'Bearer the token'],
                ['X-Price', '${x}'],
              ],
            },
          },
        ],
      },
      secrets: new Set(['a.example', '7', 'the token']),
    });
  });

  it('are not looked at again once they are inserted', () => {
    const hosts = aTraffic(text, { ...options, environment: { HOST: 'a', BURST: '1' }, readFile: () => '${HOST}' });
    expect(hosts.routes[0].requestHeaders.set[0]).toEqual(['Authorization', 'Bearer ${HOST}']);
  });

  it('that are missing are problems with a place, and no others follow from them', () => {
    expect(problemsOf(text, { environment: { HOST: '' } })).toEqual([
      'fairlead.yaml:4:20: routes[0].match.host needs the environment variable HOST, which is not set',
      'fairlead.yaml:5:22: routes[0].limits.burst needs the environment variable BURST, which is not set',
      'fairlead.yaml:5:40: routes[0].limits.rate needs the environment variable BURST, which is not set',
      'fairlead.yaml:6:45: routes[0].requestHeaders.set.Authorization needs the file "token", which cannot be read: ' +
        'token cannot be read: there is no such file',
    ]);
  });

  it('are in no message', () => {
    const problems = problemsOf(text, { environment: { HOST: 'a', BURST: 'x' }, readFile: () => 'se\ncret' });
    expect(problems).toEqual([
      expect.stringMatching(/burst must be a whole number from 1 to 1000000$/),
      expect.stringMatching(/rate must be a number from 0.1 to 1000000$/),
      expect.stringMatching(/Authorization must be printable ASCII in one line, without spaces at its ends$/),
    ]);
    expect(problemsOf(text, { ...options, environment: { HOST: 'a b', BURST: '7' } })).toEqual([
      expect.stringMatching(/host must be a host name such as example.com, or \*.example.com for all names below it$/),
    ]);
  });
});
