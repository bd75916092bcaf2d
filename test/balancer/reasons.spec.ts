// Why a backend is not up: callers without a token that reads are not told which ports are open where the balancer can connect.
import type { FleetEvent } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { bearer } from '../support/bearer.js';
import { metricsOf } from '../support/metrics.js';
import { backendIn, startBalancer, type Balancer } from '../support/processes.js';
import { httpUpstream, tcpUpstream } from '../support/upstreams.js';

const TOKEN = 'sesame-open-sesame';
const READ_TOKEN = 'sesame-read-sesame';
const RESOURCES = { compute: 20, storage: 36 };

async function aClosedPort(): Promise<number> {
  const server = await tcpUpstream(() => {});
  await new Promise((resolve) => server.close(resolve));
  return server.port;
}

/** Backends that fail in different ways, each down. Returns their secrets. */
async function failingBackends({ control }: Balancer, readToken?: string): Promise<string[]> {
  const secrets: string[] = [];
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
      headers: { ...bearer(TOKEN), 'content-type': 'application/json' },
      body: JSON.stringify({ id, port, pingPath: '/health', resources: RESOURCES }),
    });
    expect(response.status).toBe(201);
    secrets.push(((await response.json()) as { secret: string }).secret);
  }
  for (const id of Object.keys(ports)) await backendIn(control, id, 'down', readToken);
  return secrets;
}

async function readWith<Body>(url: string, headers: Record<string, string>): Promise<Body> {
  return (await (await fetch(url, { headers })).json()) as Body;
}

/** The reasons of what is down, as a reader sees them. */
async function reasonsSeen({ control }: Balancer, token?: string) {
  const headers = bearer(token);
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

it('readers see the same reason for every failure where there are no tokens', async () => {
  const balancer = await startBalancer({ PING_TIMEOUT_SECONDS: '0.2' });
  await failingBackends(balancer);
  const neutral = { fleet: new Set(['ping failed']), one: 'ping failed', events: new Set(['ping failed']) };
  expect(await reasonsSeen(balancer)).toEqual(neutral);
  expect(await reasonsSeen(balancer, 'any-token-at-all')).toEqual(neutral);
});

describe('where there are tokens', () => {
  const TOKENS = [
    { name: 'joiner', role: 'register', token: TOKEN },
    { name: 'reader', role: 'read', token: READ_TOKEN },
  ];
  const started = () => startBalancer({ CONTROL_PLANE_TOKENS: JSON.stringify(TOKENS), PING_TIMEOUT_SECONDS: '0.2' });

  it('readers see what the network said, and so does the log', async () => {
    const balancer = await started();
    await failingBackends(balancer, READ_TOKEN);
    const seen = await reasonsSeen(balancer, READ_TOKEN);
    expect(seen.one).toBe('ping failed: connection refused');
    expect(seen.events).toEqual(seen.fleet);
    expect([...seen.fleet]).toContain('ping failed: status 404');
    expect([...seen.fleet]).toContain('ping failed: no response within 200 ms');
    expect((await balancer.process.logged('closed: joining → down')).msg).toContain('connection refused');
  });

  it('metrics and explanations have the same reason for every failure', async () => {
    const balancer = await started();
    await failingBackends(balancer, READ_TOKEN);
    const { backends, events } = await metricsOf(balancer, READ_TOKEN);
    expect(new Set(backends.map(({ reason }) => reason))).toEqual(new Set(['ping failed']));
    expect(new Set(events.filter(({ to }) => to === 'down').map(({ reason }) => reason))).toEqual(
      new Set(['ping failed']),
    );
    const explained = await fetch(`${balancer.control}/api/v1/placement/explain`, {
      method: 'POST',
      headers: { ...bearer(READ_TOKEN), 'content-type': 'application/json' },
      body: '{"demand": {"compute": 1}}',
    });
    const { excluded } = (await explained.json()) as { excluded: { reason: string }[] };
    expect(new Set(excluded.map(({ reason }) => reason))).toEqual(new Set(['it is down: ping failed']));
  });

  it('so has what the owner of a backend sees, who may only register', async () => {
    const balancer = await started();
    const [secret] = await failingBackends(balancer, READ_TOKEN);
    const headers = { ...bearer(TOKEN), 'fairlead-backend-secret': secret };
    const { reason } = await readWith<{ reason: string }>(`${balancer.control}/api/v1/backends/closed`, headers);
    expect(reason).toBe('ping failed');
  });
});
