// Who may change a backend: the one that registered it, by the secret that it got, and operators.
import { join } from 'node:path';
import type { RegisteredBackend } from '@fairlead/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { shared, type AtEnd } from '../support/lifetime.js';
import { eventsOf } from '../support/metrics.js';
import { backendIn, startBalancer, type Balancer } from '../support/processes.js';
import { aFolder } from '../support/supervisor.js';
import { emptyFleet, httpUpstream } from '../support/upstreams.js';
import { messageOf, send, type Received, type SentRequest } from './requests.js';

const OPERATE = 'operate-token-of-16-or-more';
const REGISTER = 'register-token-of-16-or-more';
const FILES = 'files-token-of-16-or-more';
const TOKENS = JSON.stringify([
  { name: 'ops', role: 'operate', token: OPERATE },
  { name: 'joiner', role: 'register', token: REGISTER },
  { name: 'files', role: 'register', token: FILES, ids: ['files-*'] },
]);
const ELSEWHERE = '127.0.0.2';

interface Sent extends SentRequest {
  readonly token?: string;
  readonly secret?: string | undefined;
}

function ask({ control }: Balancer, { token = REGISTER, secret, headers, ...sent }: Sent): Promise<Received> {
  const own = secret === undefined ? {} : { 'fairlead-backend-secret': secret };
  return send(control, { ...sent, headers: { authorization: `Bearer ${token}`, ...own, ...headers } });
}

function register(balancer: Balancer, id: string, sent: Partial<Sent> = {}, fields: object = {}): Promise<Received> {
  return ask(balancer, {
    method: 'POST',
    path: '/api/v1/backends',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id,
      url: `http://127.0.0.1/${id}`,
      resources: { compute: 1, storage: 1 },
      leaseSeconds: 300,
      ...fields,
    }),
    ...sent,
  });
}

const secretOf = ({ body }: Received) => (JSON.parse(body) as RegisteredBackend).secret;
const renew = (balancer: Balancer, id: string, sent: Partial<Sent> = {}) =>
  ask(balancer, { method: 'PUT', path: `/api/v1/backends/${encodeURIComponent(id)}/lease`, ...sent });
const remove = (balancer: Balancer, id: string, sent: Partial<Sent> = {}) =>
  ask(balancer, { method: 'DELETE', path: `/api/v1/backends/${encodeURIComponent(id)}?now=true`, ...sent });
const show = (balancer: Balancer, id: string, sent: Partial<Sent> = {}) =>
  ask(balancer, { path: `/api/v1/backends/${encodeURIComponent(id)}`, ...sent });

const started = (env: Record<string, string> = {}, atEnd?: AtEnd) =>
  startBalancer({ CONTROL_PLANE_TOKENS: TOKENS, ...env }, atEnd);

const serving = shared((atEnd) => started({}, atEnd));
beforeEach(() => emptyFleet(serving.current, OPERATE));

describe('a backend', () => {
  it('is renewed, read and removed with its secret, which only the first registration shows', async () => {
    const balancer = serving.current;
    const first = await register(balancer, 'a');
    const secret = secretOf(first);
    expect(first.status).toBe(201);
    expect(secret).toMatch(/^[\w-]{43}$/);
    const again = await register(balancer, 'a', { secret }, { labels: { zone: 'b' } });
    expect([again.status, secretOf(again)]).toEqual([200, undefined]);
    const shown = await show(balancer, 'a', { secret });
    expect(shown.status).toBe(200);
    expect(shown.body).not.toContain('secret');
    expect((await renew(balancer, 'a', { secret })).status).toBe(200);
    expect((await remove(balancer, 'a', { secret })).status).toBe(204);
    expect((await show(balancer, 'a', { secret })).status).toBe(404);
  });

  it.each([undefined, 'wrong'])('is not changed with the secret %j, also from its own address', async (secret) => {
    const balancer = serving.current;
    await register(balancer, 'a');
    for (const change of [renew, remove, show]) {
      const refused = await change(balancer, 'a', { secret });
      expect(refused.status).toBe(403);
      expect(messageOf(refused)).toBe(
        '"a" belongs to another caller: send its secret as Fairlead-Backend-Secret, or a token with the role ' +
          (change === show ? 'read' : 'operate'),
      );
    }
  });

  it('is changed by an operator, who does not take it over', async () => {
    const balancer = serving.current;
    const secret = secretOf(await register(balancer, 'a', { from: ELSEWHERE }));
    const changed = await register(balancer, 'a', { token: OPERATE }, { labels: { zone: 'b' } });
    expect([changed.status, secretOf(changed)]).toEqual([200, undefined]);
    expect((await renew(balancer, 'a', { secret })).status).toBe(200);
    expect((await renew(balancer, 'a', { token: OPERATE })).status).toBe(200);
    expect((await remove(balancer, 'a', { token: OPERATE })).status).toBe(204);
  });

  it('registers again without its secret from its own address, and gets another one', async () => {
    const balancer = serving.current;
    const first = secretOf(await register(balancer, 'a'));
    const again = await register(balancer, 'a');
    expect(again.status).toBe(200);
    expect(secretOf(again)).toMatch(/^[\w-]{43}$/);
    expect((await renew(balancer, 'a', { secret: first })).status).toBe(403);
    expect((await renew(balancer, 'a', { secret: secretOf(again) })).status).toBe(200);
  });

  it('is not taken over from another address without its secret, under its id or at its url', async () => {
    const balancer = serving.current;
    const secret = secretOf(await register(balancer, 'a'));
    for (const refused of [
      await register(balancer, 'a', { from: ELSEWHERE }),
      await register(balancer, 'b', { from: ELSEWHERE }, { url: 'http://127.0.0.1/a' }),
    ]) {
      expect(refused.status).toBe(409);
      expect(messageOf(refused)).toBe(
        '"a" is registered by another address: send its secret as Fairlead-Backend-Secret, or a token that is bound to ' +
          'this id or has the role operate, or wait until it has left',
      );
    }
    expect((await register(balancer, 'a', { from: ELSEWHERE, secret })).status).toBe(200);
  });

  it('is taken over from another address with a token that is bound to its id, which is an event', async () => {
    const balancer = serving.current;
    const { port } = await httpUpstream((_, response) => response.end());
    const url = `http://127.0.0.1:${port}`;
    const first = secretOf(await register(balancer, 'files-1', {}, { url }));
    await backendIn(balancer.control, 'files-1', 'up', OPERATE);
    expect((await register(balancer, 'files-1', { from: ELSEWHERE }, { url })).status).toBe(409);
    const second = await register(balancer, 'files-1', { from: ELSEWHERE, token: FILES }, { url });
    expect(second.status).toBe(200);
    expect((await renew(balancer, 'files-1', { secret: first })).status).toBe(403);
    expect((await renew(balancer, 'files-1', { secret: secretOf(second), token: FILES })).status).toBe(200);
    expect(
      (await eventsOf(balancer, OPERATE)).filter(({ kind, backend }) => kind === 'changed' && backend === 'files-1'),
    ).toMatchObject([
      {
        caller: ELSEWHERE,
        token: 'files',
        action: 'register',
        reason: 'registered again, with other values of registeredFrom',
      },
    ]);
  });

  it('has the same owner after a restart of the balancer, whose file does not have the secret', async () => {
    const REGISTRY_FILE = join(aFolder(), 'registry.sqlite');
    const before = await started({ REGISTRY_FILE });
    const secret = secretOf(await register(before, 'a'));
    await before.process.stop('SIGTERM');
    const balancer = await started({ REGISTRY_FILE });
    expect((await renew(balancer, 'a')).status).toBe(403);
    expect((await renew(balancer, 'a', { secret })).status).toBe(200);
  });

  it('shows in no event and no line of the log what its secret is', async () => {
    const balancer = await started();
    const secret = secretOf(await register(balancer, 'a'));
    await register(balancer, 'a', { from: ELSEWHERE, secret: `${secret}x` });
    await balancer.process.logged('register refused with 409');
    const { body } = await ask(balancer, { path: '/api/v1/events', token: OPERATE });
    expect(body).toContain('"token":"joiner"');
    expect(body + JSON.stringify(balancer.process.lines)).not.toContain(secret);
  });
});

describe('a backend of the original protocol', () => {
  const ORIGINAL = '{"Compute-Vector": 20, "Storage-Vector": 8}';
  const original = (balancer: Balancer, from: string) =>
    send(balancer.control, { from, headers: { 'content-length': String(ORIGINAL.length) }, body: ORIGINAL });

  it('has no secret: its address owns it', async () => {
    const balancer = serving.current;
    const id = `http://${ELSEWHERE}:80`;
    expect(await original(balancer, ELSEWHERE)).toMatchObject({ status: 200, body: 'Server accepted\n' });
    expect(await original(balancer, ELSEWHERE)).toMatchObject({ status: 200 });
    const refused = await remove(balancer, id);
    expect(refused.status).toBe(403);
    expect(messageOf(refused)).toBe(
      `"${id}" belongs to another caller: send the request from the address that registered it, or a token with the ` +
        'role operate',
    );
    expect((await register(balancer, 'mine', {}, { url: id })).status).toBe(409);
    expect((await remove(balancer, id, { from: ELSEWHERE })).status).toBe(204);
  });

  it('does not take over a backend that another address has registered', async () => {
    const balancer = serving.current;
    expect((await register(balancer, 'a', {}, { url: `http://${ELSEWHERE}` })).status).toBe(201);
    const refused = await original(balancer, ELSEWHERE);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatch(/^"a" is registered by another address: /);
  });
});

describe('without tokens', () => {
  it('every caller may change every backend, and owners get secrets all the same', async () => {
    const balancer = await startBalancer();
    expect(secretOf(await register(balancer, 'a'))).toMatch(/^[\w-]{43}$/);
    expect((await renew(balancer, 'a', { from: ELSEWHERE })).status).toBe(200);
    expect((await register(balancer, 'a', { from: ELSEWHERE })).status).toBe(200);
    expect((await remove(balancer, 'a')).status).toBe(204);
  });
});
