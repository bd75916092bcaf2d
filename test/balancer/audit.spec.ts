// Who changed the fleet, and who was refused: an event and a line of the log for each.
import type { FleetEvent } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { head } from '../support/http-text.js';
import { eventsOf } from '../support/metrics.js';
import { backendIn, startBalancer, until, type Balancer } from '../support/processes.js';
import { sendRaw } from '../support/raw-client.js';
import { httpUpstream, register } from '../support/upstreams.js';

const RESOURCES = { compute: 20, storage: 36 };
const JSON_TYPE = { 'content-type': 'application/json' };
const TOKEN = 'sesame-open-sesame';

/** The events that a caller asked for, as text. */
const asked = (events: readonly FleetEvent[]) =>
  events
    .filter(({ action }) => action !== undefined)
    .map(
      ({ caller, action, backend, kind, to, reason }) => `${caller} ${action} ${backend}: ${kind} ${to} (${reason})`,
    );

/** Lines of the log with a caller. */
const linesOf = ({ process }: Balancer) =>
  process.lines
    .filter(({ caller }) => caller !== undefined)
    .map(({ caller, action, backend, outcome }) => [caller, action, backend, outcome]);

describe('a change', () => {
  it('is one event and one line, with the caller, what it asked for, and for which backend', async () => {
    const balancer = await startBalancer();
    const { control } = balancer;
    const { port } = await httpUpstream((_, response) => response.end());
    const url = `http://127.0.0.1:${port}`;
    const change = (path: string, method = 'POST') => fetch(`${control}/api/v1/backends/${path}`, { method });

    await register(control, { id: 'a', port, resources: RESOURCES });
    await backendIn(control, 'a', 'up');
    await register(control, { id: 'a', port, resources: RESOURCES });
    await register(control, { id: 'a', port, resources: { compute: 30, storage: 36 }, labels: { zone: 'b' } });
    await change('a/drain?timeoutSeconds=5');
    await change('a/drain?timeoutSeconds=9');
    await change('a/resume');
    await register(control, { id: 'b', port, resources: RESOURCES });
    await change('b?now=true', 'DELETE');
    await fetch(control, {
      method: 'POST',
      headers: JSON_TYPE,
      body: `{"Compute-Vector": 1, "Storage-Vector": 1, "Port": ${port}}`,
    });

    expect(asked(await eventsOf(balancer))).toEqual([
      `127.0.0.1 register a: state joining (registered ${url})`,
      '127.0.0.1 register a: changed up (registered again, with other values of capacity, labels)',
      '127.0.0.1 drain a: state draining (drain requested)',
      '127.0.0.1 drain a: changed draining (drain requested again, within 9 s)',
      '127.0.0.1 resume a: state up (resumed)',
      '127.0.0.1 register b: renamed up (was known as a)',
      '127.0.0.1 register b: changed up (registered again, with other values of capacity, labels)',
      '127.0.0.1 remove b: state gone (left at once)',
      `127.0.0.1 register ${url}: state joining (registered ${url})`,
    ]);
    await until('all lines to be read', () => linesOf(balancer).length >= 9);
    expect(linesOf(balancer)).toEqual([
      ['127.0.0.1', 'register', 'a', 'done'],
      ['127.0.0.1', 'register', 'a', 'done'],
      ['127.0.0.1', 'drain', 'a', 'done'],
      ['127.0.0.1', 'drain', 'a', 'done'],
      ['127.0.0.1', 'resume', 'a', 'done'],
      ['127.0.0.1', 'register', 'b', 'done'],
      ['127.0.0.1', 'register', 'b', 'done'],
      ['127.0.0.1', 'remove', 'b', 'done'],
      ['127.0.0.1', 'register', url, 'done'],
    ]);
  });
});

describe('a refusal', () => {
  const refusalsOf = async (balancer: Balancer) =>
    (await eventsOf(balancer, TOKEN)).filter(({ kind }) => kind === 'refused');

  it('is one event and one line, whichever part refuses', async () => {
    const balancer = await startBalancer({
      CONTROL_PLANE_TOKEN: TOKEN,
      BACKEND_NETWORKS: '127.0.0.0/8',
      REGISTRATIONS_PER_MINUTE: '1',
    });
    const { control } = balancer;
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const send = async (path: string, method: string, body?: object) => {
      const response = await fetch(control + path, { method, headers, body: body ? JSON.stringify(body) : null });
      await response.text();
      return response.status;
    };
    expect((await fetch(`${control}/api/v1/backends/a/drain`, { method: 'POST' })).status).toBe(401);
    expect(await send('/api/v1/backends', 'POST', { id: 'b', port: 1, resources: [] })).toBe(400);
    expect(await send('/api/v1/backends', 'POST', { id: 'c', url: 'http://8.8.8.8', resources: RESOURCES })).toBe(400);
    expect(await send('/api/v1/backends', 'POST', { id: 'd', port: 1, resources: RESOURCES })).toBe(201);
    expect(await send('/api/v1/backends', 'POST', { id: 'd', port: 1, resources: RESOURCES })).toBe(429);
    // Not a refusal: there is none of that id.
    expect(await send('/api/v1/backends/x', 'DELETE')).toBe(404);

    await until('three refusals', async () => (await refusalsOf(balancer)).length >= 3);
    expect(await refusalsOf(balancer)).toMatchObject([
      { backend: 'a', action: 'drain', caller: '127.0.0.1', evidence: { status: 401, times: 1 } },
      { backend: 'b', action: 'register', caller: '127.0.0.1', evidence: { status: 400, times: 1 } },
      { backend: 'd', action: 'register', caller: '127.0.0.1', evidence: { status: 429, times: 1 } },
    ]);
    const [first] = await refusalsOf(balancer);
    expect(first.reason).toMatch(/token/);
    await until('all lines to be read', () => linesOf(balancer).length >= 4);
    expect(linesOf(balancer).filter(([, , , outcome]) => outcome !== 'done')).toEqual([
      ['127.0.0.1', 'drain', 'a', 401],
      ['127.0.0.1', 'register', 'b', 400],
      ['127.0.0.1', 'register', 'd', 429],
    ]);
    expect(JSON.stringify(balancer.process.lines)).not.toContain(TOKEN);
  });

  it.each([
    ['a web page', 403, ['Host: localhost', 'Origin: http://evil.example']],
    ['an unknown name', 421, ['Host: evil.example']],
    ['a form', 415, ['Host: localhost', 'Content-Type: text/plain', 'Content-Length: 2']],
  ])('of %s is recorded too', async (_what, status, lines) => {
    const balancer = await startBalancer();
    const bytes = `${head('POST /api/v1/backends/a/drain HTTP/1.1', [...lines, 'Connection: close'])}{}`;
    expect(await sendRaw(Number(new URL(balancer.control).port), bytes)).toContain(`HTTP/1.1 ${status} `);
    await until('it to be recorded', async () => (await refusalsOf(balancer)).length > 0);
    expect(await refusalsOf(balancer)).toMatchObject([
      { backend: 'a', action: 'drain', caller: '127.0.0.1', evidence: { status, times: 1 } },
    ]);
  });

  it('of a wrong token is slowed down after ten a minute: 429 with Retry-After, and the right one still counts', async () => {
    const balancer = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN });
    const drain = (token: string) =>
      fetch(`${balancer.control}/api/v1/backends/a/drain`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push((await drain(`wrong-token-number-${n}`)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const refused = await drain('wrong-token-number-13');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      message: expect.stringMatching(/^at most 10 wrong tokens a minute /),
    });
    expect((await drain(TOKEN)).status).toBe(404);
    expect((await refusalsOf(balancer)).map(({ evidence }) => evidence.status)).toEqual([401, 429]);
  });

  it('of which there are thousands pushes no other event out, and is a few lines of the log', async () => {
    const balancer = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN });
    const { control } = balancer;
    const registered = await fetch(`${control}/api/v1/backends`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'honest', port: 1, resources: RESOURCES }),
    });
    expect(registered.status).toBe(201);
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const path = `${control}/api/v1/backends/x${round}-${n}/${n % 2 ? 'drain' : 'resume'}`;
          await (await fetch(path, { method: 'POST' })).text();
        }),
      );
    }
    const events = await eventsOf(balancer, TOKEN);
    expect(events.filter(({ backend, kind }) => backend === 'honest' && kind === 'state').length).toBeGreaterThan(0);
    expect(events.filter(({ kind }) => kind === 'refused')).toHaveLength(2);
    await until('all lines to be read', () => linesOf(balancer).length >= 3);
    expect(linesOf(balancer)).toHaveLength(3);
  });
});
