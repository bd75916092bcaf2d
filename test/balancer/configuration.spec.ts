import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { refusedStart } from '../support/processes.js';

describe('configuration', () => {
  it('the start fails with a line for each wrong variable', async () => {
    expect(
      await refusedStart({
        DATA_PLANE_PORT: '70000',
        DATA_PLANE_THREADS: '65',
        THREAD_STALL_SECONDS: '2',
        PING_ACK_INTERVAL_SECONDS: 'abc',
        PLACEMENT_POLICY: 'magic',
        TRUSTED_PROXIES: '10.0.0.0/33',
        RESOURCES: 'compute,compute',
        DEMAND_RULES: '[{"path": "reports"}]',
        CONTROL_PLANE_TOKEN: 'short',
      }),
    ).toBe(
      [
        'DATA_PLANE_PORT must be a whole number from 0 to 65535, got "70000"',
        'DATA_PLANE_THREADS must be auto or a whole number from 0 to 64, got "65"',
        'THREAD_STALL_SECONDS must be 0 or a number of seconds from 3 to 3600, got "2"',
        'CONTROL_PLANE_TOKEN must be at least 16 characters',
        'RESOURCES must be 1 to 8 different names of lower-case letters, digits and "-", separated by commas, got "compute,compute"',
        'PLACEMENT_POLICY must be one of drf, ratio-fit, round-robin, least-requests, random, weighted-round-robin, power-of-two, peak-ewma, prequal, min-dominant-share, best-fit, maglev, drf-sampled, got "magic"',
        'DEMAND_RULES must be JSON such as [{"method": "GET", "path": "/reports/*rest", "demand": {"compute": 8}}] ' +
          '(at 0.path: must be a path pattern such as /reports/:id or /files/*rest), got "[{\\"path\\": \\"reports\\"}]"',
        'TRUSTED_PROXIES must be a comma-separated list of IP addresses or CIDR blocks (or the words "loopback", "private", "any", "none"), got "10.0.0.0/33"',
        'PING_ACK_INTERVAL_SECONDS must be a number of seconds from 0.1 to 86400, got "abc"',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [
      'a misspelt field',
      { paht: '/a', demand: { compute: 8 } },
      'at 0: "paht" is unknown; allowed fields: method, path, demand',
    ],
    [
      'a missing field',
      { demand: { compute: 8 } },
      'at 0.path: must be a path pattern such as /reports/:id or /files/*rest',
    ],
  ])('the error says where %s of a rule is', async (_, rule, sentence) => {
    expect(await refusedStart({ DEMAND_RULES: JSON.stringify([rule]) })).toContain(`(${sentence})`);
  });

  it.each([
    [
      '{"perClient": {"requestBurst": 5}}',
      'perClient.requestBurst (5) needs perClient.requestsPerSecond, which sets no limit',
    ],
    [
      '{"maxTargetBytes": 4096, "maxHeadBytes": 4096}',
      'maxTargetBytes must be less than maxHeadBytes (4096), since the head contains the target, got 4096',
    ],
    ['{"perClient": {"connections": 9}}', 'perClient.connections must be at most MAX_CLIENT_CONNECTIONS (8), got 9'],
    ['{"maxFields": "many"}', '(at maxFields: must be a whole number from 1 to 2000, got "many")'],
    [
      '{"perClient": {"connections": -1}}',
      '(at perClient.connections: must be "auto" or a whole number from 0 to 10000000, got -1)',
    ],
    [
      '{"maxbodybytes": 1}',
      '("maxbodybytes" is unknown; allowed fields: perClient, maxTargetBytes, maxHeadBytes, maxFields,',
    ],
  ])('the start fails with a sentence about TRAFFIC_LIMITS=%s', async (limits, sentence) => {
    const stderr = await refusedStart({ TRAFFIC_LIMITS: limits, MAX_CLIENT_CONNECTIONS: '8' });
    expect(stderr).toMatch(/^TRAFFIC_LIMITS[^\n]*\n$/);
    expect(stderr).toContain(sentence);
  });

  it('the start fails when variables contradict each other', async () => {
    expect(
      await refusedStart({
        ATTEMPT_TIMEOUT_SECONDS: '20',
        REQUEST_TIMEOUT_SECONDS: '10',
        PROXY_PROTOCOL: 'on',
        DEMAND_RULES: '[{"path": "/a", "demand": {"gpu": 1}}]',
      }),
    ).toBe(
      'ATTEMPT_TIMEOUT_SECONDS must be at most REQUEST_TIMEOUT_SECONDS (10), got 20\n' +
        'PROXY_PROTOCOL=on needs TRUSTED_PROXIES, which says who sends the header, but that is none\n' +
        'DEMAND_RULES must name resources of RESOURCES (compute, storage), rule 0 names gpu\n',
    );
  });

  it('the start fails with the variable that was replaced, and names those that replace it', async () => {
    const said = await refusedStart({ TRUSTED_CLIENTS: 'loopback', ATTEMPT_TIMEOUT_SECONDS: '40' });
    const [replaced, ...others] = said.trim().split('\n');
    expect(replaced).toMatch(/^TRUSTED_CLIENTS was replaced by TRUSTED_PROXIES, .* and DEMAND_CLIENTS, .*: set these$/);
    expect(others).toEqual(['ATTEMPT_TIMEOUT_SECONDS must be at most REQUEST_TIMEOUT_SECONDS (30), got 40']);
  });

  it('the error names the port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const said = await refusedStart({ CONTROL_PLANE_PORT: String(port), CONTROL_PLANE_HOST: '127.0.0.1' });
    expect(said).toContain('EADDRINUSE');
    expect(said).toContain('(CONTROL_PLANE_HOST, CONTROL_PLANE_PORT)');
    expect(said.trim().split('\n')).toHaveLength(1);
    other.close();
  });
});
