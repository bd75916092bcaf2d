// The API of the configuration: what is in force, and what another document would change.
import type { ConfigurationCheck, ConfigurationProblem } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { bearer } from '../support/bearer.js';
import { configurationOf, startWithFile } from '../support/configuration-file.js';
import { shared } from '../support/lifetime.js';

describe('POST /api/v1/configuration/check', () => {
  const SECRET = 'the value of a secret';
  const TOKENS = JSON.stringify([
    { name: 'eye', role: 'read', token: 'a reader of 16 characters' },
    { name: 'hand', role: 'operate', token: 'an operator of 16 characters' },
  ]);
  const balancer = shared((atEnd) => startWithFile('{}', { CONTROL_PLANE_TOKENS: TOKENS, A_SECRET: SECRET }, atEnd));
  const check = (document: string, token = 'a reader of 16 characters', type = 'application/yaml') =>
    fetch(`${balancer.current.control}/api/v1/configuration/check`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': type },
      body: document,
    });

  it.each(['application/yaml', 'application/json'])('says what a document as %s would change', async (type) => {
    const response = await check('{"pools": {"reports": {"policy": "maglev"}}}', undefined, type);
    expect(response.status).toBe(200);
    const { changes, warnings } = (await response.json()) as ConfigurationCheck;
    expect(changes).toEqual([expect.stringContaining('reports')]);
    expect(warnings).toEqual(['pool reports gets no requests: no route uses it']);
  });

  it('lists all problems of a document', async () => {
    const response = await check('pools: { a: { policy: drff, slowStart: never } }\nroutes: [{ pool: b }]');
    expect(response.status).toBe(422);
    const { problems, message } = (await response.json()) as ConfigurationProblem;
    expect(problems).toEqual([
      expect.stringMatching(/^document:1:\d+: pools\.a\.policy .*\(did you mean "drf"\?\)$/),
      expect.stringMatching(/^document:1:\d+: pools\.a\.slowStart must be/),
      expect.stringMatching(/^document:2:\d+: routes\[0\]\.pool must be/),
    ]);
    expect(message).toBe(`the document has 3 problems: ${problems[0]}`);
  });

  it('shows no secret to a reader, in whatever form it is asked for', async () => {
    const document =
      'routes: [{ match: { host: "${A_SECRET}" }, respond: { status: 200, body: "${file:/etc/passwd}" } }]';
    const text = await (await check(document)).text();
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('root');
    const operators = await (
      await check('routes: [{ respond: { status: 200, body: "${UNSET}" } }]', 'an operator of 16 characters')
    ).text();
    expect(operators).toContain('needs the environment variable UNSET, which is not set');
  });

  it('takes a document of at most 1 MB, and only as YAML or JSON', async () => {
    expect((await check(`# ${'x'.repeat(1_100_000)}`)).status).toBe(413);
    expect((await check('{}', undefined, 'text/plain')).status).toBe(415);
    expect((await check('{}', 'no token of 16 characters')).status).toBe(401);
  });
});

it('GET /api/v1/configuration masks secrets', async () => {
  const text = 'routes: [{ respond: { status: 200, body: "${A_SECRET}" } }]';
  const balancer = await startWithFile(text, { A_SECRET: 'the value of a secret' });
  const { traffic, version } = await configurationOf(balancer);
  expect(version).toBe(1);
  expect(JSON.stringify(traffic)).not.toContain('the value of a secret');
  expect(traffic).toMatchObject({ routes: [{ action: { kind: 'respond', body: '***' } }] });
});
