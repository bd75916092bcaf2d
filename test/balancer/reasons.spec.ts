// Why a backend is not up: readers without the token are not told which ports are open where the balancer can connect.
import type { FleetEvent } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { eventsOf, metricsOf } from '../support/metrics.js';
import { backendIn, startBalancer, type Balancer } from '../support/processes.js';
import { httpUpstream, tcpUpstream } from '../support/upstreams.js';

const TOKEN = 'sesame-open-sesame';
const RESOURCES = { compute: 20, storage: 36 };

async function aClosedPort(): Promise<number> {
  const server = await tcpUpstream(() => {});
  await new Promise((resolve) => server.close(resolve));
  return server.port;
}

/** Backends that fail in different ways, each down. */
async function failingBackends({ control }: Balancer): Promise<void> {
  const ports = {
    closed: await aClosedPort(),
    reset: (await tcpUpstream((socket) => socket.resetAndDestroy())).port,
    silent: (await tcpUpstream(() => {})).port,
    garbage: (await tcpUpstream((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))).port,
    missing: (await httpUpstream((_, response) => response.writeHead(404).end())).port,
  };
  for (const [id, port] of Object.entries(ports)) {
    const response = await fetch(`${control}/api/v1/backends`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id, port, pingPath: '/health', resources: RESOURCES }),
    });
    expect(response.status).toBe(201);
  }
  for (const id of Object.keys(ports)) await backendIn(control, id, 'down');
}

async function readWith<Body>(url: string, headers: Record<string, string>): Promise<Body> {
  return (await (await fetch(url, { headers })).json()) as Body;
}

/** The reasons of what is down, as a reader sees them. */
async function reasonsSeen({ control }: Balancer, headers: Record<string, string>) {
  type List = { backends: { id: string; reason: string }[] };
  const { backends } = await readWith<List>(`${control}/api/v1/backends`, headers);
  const one = await readWith<{ reason: string }>(`${control}/api/v1/backends/closed`, headers);
  const { events } = await readWith<{ events: FleetEvent[] }>(`${control}/api/v1/events`, headers);
  return {
    fleet: new Set(backends.map(({ reason }) => reason)),
    one: one.reason,
    events: new Set(events.filter(({ to }) => to === 'down').map(({ reason }) => reason)),
  };
}

describe.each([
  ['without a token', {}],
  ['with a token', { CONTROL_PLANE_TOKEN: TOKEN }],
])('%s', (_what, env) => {
  it('readers who do not send it see the same reason for every failure', async () => {
    const balancer = await startBalancer({ ...env, PING_TIMEOUT_SECONDS: '0.2' });
    await failingBackends(balancer);
    const neutral = { fleet: new Set(['ping failed']), one: 'ping failed', events: new Set(['ping failed']) };
    expect(await reasonsSeen(balancer, {})).toEqual(neutral);
    expect(await reasonsSeen(balancer, { authorization: 'Bearer wrong-token-of-16' })).toEqual(neutral);
    const { backends, events } = await metricsOf(balancer);
    expect(new Set(backends.map(({ reason }) => reason))).toEqual(neutral.fleet);
    expect(new Set(events.filter(({ to }) => to === 'down').map(({ reason }) => reason))).toEqual(neutral.events);
    const explained = await fetch(`${balancer.control}/api/v1/placement/explain`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"demand": {"compute": 1}}',
    });
    const { excluded } = (await explained.json()) as { excluded: { reason: string }[] };
    expect(new Set(excluded.map(({ reason }) => reason))).toEqual(new Set(['it is down: ping failed']));
  });
});

it('readers with the token see what the network said, and so does the log', async () => {
  const balancer = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN, PING_TIMEOUT_SECONDS: '0.2' });
  await failingBackends(balancer);
  const seen = await reasonsSeen(balancer, { authorization: `Bearer ${TOKEN}` });
  expect(seen.one).toBe('ping failed: connection refused');
  expect(seen.events).toEqual(seen.fleet);
  expect([...seen.fleet]).toContain('ping failed: status 404');
  expect([...seen.fleet]).toContain('ping failed: no response within 200 ms');
  expect((await eventsOf(balancer)).length).toBeGreaterThan(0);
  expect((await balancer.process.logged('closed: joining → down')).msg).toContain('connection refused');
});
