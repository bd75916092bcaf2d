// Tokens and roles: every route of docs/openapi.json without a token, with a wrong one and with one of a lesser role; where
// tokens come from, what they are bound to, and how they are replaced.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetEvent } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { shared } from '../support/lifetime.js';
import { launch, startBalancer, until } from '../support/processes.js';
import { aFolder } from '../support/supervisor.js';
import { messageOf, send, type SentRequest } from './requests.js';

const OPERATE = 'operate-token-of-16-or-more';
const REGISTER = 'register-token-of-16-or-more';
const READ = 'read-token-of-16-or-more';
const WRONG = 'wrong-token-of-16-or-more';
const TOKENS = [
  { name: 'ops', role: 'operate', token: OPERATE },
  { name: 'joiner', role: 'register', token: REGISTER },
  { name: 'reader', role: 'read', sha256: createHash('sha256').update(READ).digest('hex') },
];

const sendWith = (control: string, token: string | undefined, sent: SentRequest) =>
  send(control, { ...sent, headers: { ...sent.headers, ...(token && { authorization: `Bearer ${token}` }) } });

const register = (control: string, token: string, id: string, more: Partial<SentRequest> = {}) =>
  sendWith(control, token, {
    method: 'POST',
    path: '/api/v1/backends',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, url: `http://127.0.0.1/${id}`, resources: { compute: 1, storage: 1 } }),
    ...more,
  });

const statusWith = async (control: string, token: string, path = '/api/v1/backends') =>
  (await sendWith(control, token, { path })).status;

describe('every route of docs/openapi.json', () => {
  /** Routes without a token: docs/operations.md names them. */
  const OPEN = ['GET /health/live', 'GET /health/ready'];
  /** Tokens of roles that do not include the role. */
  const LESSER: Readonly<Record<string, string>> = { read: REGISTER, register: READ, operate: REGISTER };

  interface Operation {
    readonly security?: readonly { readonly bearer: readonly string[] }[];
  }
  const { paths } = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const operations = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, each]) => ({ path, method, ...each })))
    .map(({ path, method, security = [] }, index) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: path.replaceAll('{id}', 'resident'),
      roles: security.flatMap(({ bearer }) => bearer),
      // Wrong tokens are limited by address.
      from: `127.0.1.${index + 1}`,
    }));

  const balancer = shared(async (atEnd) => {
    // Nothing on this machine is exempt from tokens.
    const env = { CONTROL_PLANE_TOKENS: JSON.stringify(TOKENS), ORIGINAL_PROTOCOL_NETWORKS: '10.0.0.0/8' };
    const started = await startBalancer(env, atEnd);
    expect((await register(started.control, OPERATE, 'resident')).status).toBe(201);
    return started;
  });

  it('names the one role that it requires, except for health', () => {
    expect(operations.filter(({ roles }) => roles.length !== 1).map(({ name }) => name)).toEqual(OPEN);
  });

  it.each(operations)('$name', async ({ name, method, path, roles, from }) => {
    const ask = (token?: string) => sendWith(balancer.current.control, token, { method, path, from });
    const [without, wrong, lesser] = [await ask(), await ask(WRONG), await ask(LESSER[roles[0]])];
    const statuses = [without, wrong, lesser].map(({ status }) => status);
    expect(statuses).toEqual(OPEN.includes(name) ? [200, 200, 200] : [401, 401, 403]);
    if (OPEN.includes(name) || method === 'HEAD') return;
    expect(messageOf(without)).toBe('missing token: send the header "Authorization: Bearer <token>"');
    expect(messageOf(wrong)).toBe('wrong token: send the header "Authorization: Bearer <token>"');
    expect(without.headers['www-authenticate']).toBe('Bearer realm="fairlead"');
    expect(messageOf(lesser)).toMatch(new RegExp(`the role ${roles[0]}\\b`));
  });

  it('serves the role, and the role that includes it', async () => {
    const { control } = balancer.current;
    expect(await statusWith(control, READ)).toBe(200);
    expect(await statusWith(control, OPERATE)).toBe(200);
    expect((await register(control, REGISTER, 'other')).status).toBe(201);
  });
});

describe('what needs no token where tokens are set', () => {
  it('is /metrics if METRICS_WITHOUT_TOKEN is set, whatever is sent to it', async () => {
    const env = { CONTROL_PLANE_TOKEN: OPERATE, METRICS_WITHOUT_TOKEN: 'true' };
    const { control } = await startBalancer(env);
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push(await statusWith(control, WRONG, '/metrics'));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect((await send(control, { path: '/api/v1/metrics' })).status).toBe(401);
  });

  it('is nothing but health and the documentation otherwise', async () => {
    const { control } = await startBalancer({ CONTROL_PLANE_TOKEN: OPERATE, SWAGGER: 'true' });
    const statuses = ['/health/live', '/docs-json', '/metrics', '/api/v1/backends'].map(
      async (path) => (await send(control, { path })).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 401, 401]);
  });
});

describe('a bound token', () => {
  const bound = (binding: object) => [
    { name: 'files', role: 'register', token: REGISTER, ...binding },
    { name: 'ops', role: 'operate', token: OPERATE },
  ];

  it('registers, renews and removes only ids that match its patterns', async () => {
    const { control } = await startBalancer({
      CONTROL_PLANE_TOKENS: JSON.stringify(bound({ ids: ['files-*', 'cache'] })),
    });
    expect((await register(control, REGISTER, 'files-1')).status).toBe(201);
    expect((await register(control, REGISTER, 'cache')).status).toBe(201);
    const refused = await register(control, REGISTER, 'cpu-1');
    expect(refused.status).toBe(403);
    expect(messageOf(refused)).toBe('the token "files" is for the ids files-*, cache, not for "cpu-1"');
    expect((await register(control, OPERATE, 'cpu-1')).status).toBe(201);
    for (const sent of [
      { method: 'PUT', path: '/api/v1/backends/cpu-1/lease' },
      { method: 'DELETE', path: '/api/v1/backends/cpu-1' },
    ]) {
      expect((await sendWith(control, REGISTER, sent)).status, sent.method).toBe(403);
    }
  });

  it('registers backends into its pools alone', async () => {
    const { control } = await startBalancer({ CONTROL_PLANE_TOKENS: JSON.stringify(bound({ pools: ['reports'] })) });
    const refused = await register(control, REGISTER, 'a');
    expect(refused.status).toBe(403);
    expect(messageOf(refused)).toBe('the token "files" is for the pools reports, not for "default"');
    const body = JSON.stringify({ pool: 'reports', port: 1, resources: { compute: 1, storage: 1 } });
    expect(messageOf(await register(control, REGISTER, 'a', { body }))).toMatch(/^there is no pool "reports"/);
    expect((await register(control, OPERATE, 'a')).status).toBe(201);
    const renewal = { method: 'PUT', path: '/api/v1/backends/a/lease' };
    expect((await sendWith(control, REGISTER, renewal)).status).toBe(403);
  });

  it('is accepted only from its networks', async () => {
    const { control } = await startBalancer({
      CONTROL_PLANE_TOKENS: JSON.stringify(bound({ networks: ['10.0.0.0/8', '127.0.0.2'] })),
    });
    expect((await register(control, REGISTER, 'a', { from: '127.0.0.2' })).status).toBe(201);
    const refused = await register(control, REGISTER, 'b');
    expect(refused.status).toBe(403);
    expect(messageOf(refused)).toBe('the token "files" is for callers in 10.0.0.0/8, 127.0.0.2, not for 127.0.0.1');
  });
});

describe('files of tokens', () => {
  const LINE_1 = 'first-token-of-16-or-more';
  const LINE_2 = 'second-token-of-16-or-more';

  it('are read again when they change, several tokens being valid at once', async () => {
    const file = join(aFolder(), 'token');
    writeFileSync(file, `${LINE_1}\n`);
    const { control, process } = await startBalancer({ CONTROL_PLANE_TOKEN_FILE: file });
    expect(await statusWith(control, LINE_1)).toBe(200);
    expect(await statusWith(control, LINE_2)).toBe(401);
    writeFileSync(file, `${LINE_1}\n${LINE_2}\n`);
    expect([await statusWith(control, LINE_1), await statusWith(control, LINE_2)]).toEqual([200, 200]);
    // As Kubernetes and careful scripts replace a file.
    writeFileSync(`${file}.new`, LINE_2);
    renameSync(`${file}.new`, file);
    expect([await statusWith(control, LINE_1), await statusWith(control, LINE_2)]).toEqual([401, 200]);
    await process.logged('CONTROL_PLANE_TOKEN_FILE has changed: 1 token is valid now');
  });

  it('keep their tokens while they are broken or missing, and the log says what is wrong', async () => {
    const file = join(aFolder(), 'tokens.json');
    writeFileSync(file, JSON.stringify(TOKENS));
    const { control, process } = await startBalancer({ CONTROL_PLANE_TOKENS_FILE: file });
    writeFileSync(file, JSON.stringify([{ name: 'a', role: 'king', token: READ }]));
    expect(await statusWith(control, READ)).toBe(200);
    const { msg } = await process.logged('the tokens that were read before remain valid');
    expect(msg).toContain('CONTROL_PLANE_TOKENS_FILE: the file must be JSON such as ');
    expect(msg).toContain('0.role: must be one of read, register, operate');
    expect(msg).not.toContain(READ);
    renameSync(file, `${file}.gone`);
    expect(await statusWith(control, READ)).toBe(200);
    await process.logged('ENOENT');
    writeFileSync(file, JSON.stringify(TOKENS.slice(0, 2)));
    expect(await statusWith(control, READ)).toBe(401);
  });
});

describe('tokens that are not valid stop the start', () => {
  it.each([
    [{ CONTROL_PLANE_TOKEN_FILE: '/nowhere/token' }, /^CONTROL_PLANE_TOKEN_FILE: ENOENT: .*\/nowhere\/token/],
    [{ CONTROL_PLANE_TOKENS: '[]' }, /^CONTROL_PLANE_TOKENS must be JSON such as /],
    [
      { CONTROL_PLANE_TOKENS: JSON.stringify([{ name: 'a', role: 'read', token: 'short-token' }]) },
      /0\.token: must be a string of at least 16 characters/,
    ],
    [
      { CONTROL_PLANE_TOKENS: JSON.stringify([{ name: 'a', role: 'read', token: READ, ids: ['x'] }]) },
      /must have the role register to have ids/,
    ],
    [
      { CONTROL_PLANE_TOKENS: JSON.stringify([{ name: 'a', role: 'read', token: READ, pools: ['x'] }]) },
      /must have the role register to have pools/,
    ],
    [
      { CONTROL_PLANE_TOKENS: JSON.stringify([{ name: 'a', role: 'read', token: READ, networks: ['10.0.0.0/33'] }]) },
      /0\.networks: must be a list of IP addresses or CIDR blocks/,
    ],
    [
      { CONTROL_PLANE_TOKEN: OPERATE, CONTROL_PLANE_TOKEN_FILE: '/nowhere/token' },
      /^CONTROL_PLANE_TOKEN and CONTROL_PLANE_TOKEN_FILE must not both be set/,
    ],
  ])('%j', async (env, problem) => {
    const balancer = launch('balancer', { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', ...env });
    expect(await once(balancer.child, 'close')).toEqual([1, null]);
    expect(balancer.problems).toMatch(problem);
    expect(balancer.problems).not.toMatch(/short-token|of-16-or-more/);
  });
});

describe('the audit', () => {
  it('names the token of a change and of a refusal, and shows no token', async () => {
    const { control, process } = await startBalancer({ CONTROL_PLANE_TOKENS: JSON.stringify(TOKENS) });
    await register(control, REGISTER, 'a');
    await sendWith(control, READ, { method: 'POST', path: '/api/v1/backends/a/drain' });
    await sendWith(control, WRONG, { method: 'POST', path: '/api/v1/backends/a/drain' });
    const eventsNow = async () => {
      const { body } = await sendWith(control, READ, { path: '/api/v1/events' });
      return (JSON.parse(body) as { events: FleetEvent[] }).events.filter(({ caller }) => caller !== undefined);
    };
    await until('both refusals', async () => (await eventsNow()).length === 3);
    expect((await eventsNow()).map(({ action, token, evidence }) => [action, token, evidence.status])).toEqual([
      ['register', 'joiner', undefined],
      ['drain', 'reader', 403],
      ['drain', undefined, 401],
    ]);
    await process.logged('drain refused with 401');
    expect(process.lines.find(({ token }) => token === 'joiner')).toMatchObject({ action: 'register', backend: 'a' });
    expect(JSON.stringify(process.lines)).not.toMatch(/of-16-or-more/);
  });
});
