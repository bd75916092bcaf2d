// The cluster as the API shows it, of a balancer that shares its registry with no other.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathTo } from 'node:path';
import { clusterViewSchema, type ClusterView } from '@fairlead/contracts';
import { expect, it, onTestFinished } from 'vitest';
import { bearer } from '../support/bearer.js';
import { backendIn, launch, startBalancer } from '../support/processes.js';
import { holdingUpstream, join, register } from '../support/upstreams.js';

const TOKEN = 'a token of 16 characters';
const resources = { compute: 1, storage: 1 };

async function clusterOf(control: string): Promise<ClusterView> {
  const response = await fetch(`${control}/api/v1/cluster`);
  expect(response.status).toBe(200);
  return clusterViewSchema.parse(await response.json());
}

it('a balancer with a registry of its own is the only one, with its view of each backend', async () => {
  const startsAfter = Date.now() - 1000;
  const balancer = await startBalancer();
  const { control } = balancer;
  const upstream = await holdingUpstream();
  await join(balancer, 'b', upstream.port);
  await register(control, { id: 'a', url: 'http://127.0.0.1:1', resources });
  await backendIn(control, 'a', 'down');
  const response = fetch(balancer.url);
  await upstream.holds(1);

  const { cluster, balancer: id, registry, balancers } = await clusterOf(control);
  expect(cluster).toBe('fairlead');
  expect(registry).toEqual({
    name: 'the registry in memory',
    isShared: false,
    state: 'current',
    since: expect.any(String),
    reason: null,
    confirmedSecondsAgo: null,
    latencyMs: null,
    pendingChanges: 0,
    unusableRecords: [],
  });
  expect(balancers).toEqual([
    {
      id,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      address: new URL(control).host,
      since: expect.any(String),
      lastSeenSecondsAgo: 0,
      isLive: true,
      backends: [
        { id: 'a', state: 'down', inFlight: 0 },
        { id: 'b', state: 'up', inFlight: 1 },
      ],
    },
  ]);
  expect(Date.parse(balancers[0].since)).toBeGreaterThan(startsAfter);
  upstream.held[0].end();
  expect((await response).status).toBe(200);
});

it('names the stored backends that the balancer cannot use', async () => {
  const folder = mkdtempSync(pathTo(tmpdir(), 'fairlead-cluster-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const REGISTRY_FILE = pathTo(folder, 'registry.sqlite');
  const first = await startBalancer({ REGISTRY_FILE });
  await register(first.control, { id: 'a', url: 'http://127.0.0.1:1', resources });
  await first.process.stop('SIGTERM');

  const { control } = await startBalancer({ REGISTRY_FILE, RESOURCES: 'memory' });
  const { registry, balancers } = await clusterOf(control);
  expect(registry.name).toBe(REGISTRY_FILE);
  expect(registry.unusableRecords).toEqual([
    { id: 'a', problem: 'unfit', reason: expect.stringMatching(/compute|storage|memory/) },
  ]);
  expect(balancers[0].backends).toEqual([]);
});

it('requires the role read', async () => {
  const { control } = await startBalancer({
    CONTROL_PLANE_TOKENS: JSON.stringify([{ name: 'reader', role: 'read', token: TOKEN }]),
  });
  const statusWith = async (token?: string) =>
    (await fetch(`${control}/api/v1/cluster`, { headers: bearer(token) })).status;
  expect([await statusWith(), await statusWith(TOKEN)]).toEqual([401, 200]);
});

it('a backend that is told of several balancers joins through one that responds', async () => {
  const { control } = await startBalancer();
  const BALANCER_URL = `http://127.0.0.1:1, ${control}`;
  launch('backend', { BACKEND_PORT: '0', BACKEND_ID: 'a', WORK_SCALE: '0', BALANCER_URL });
  await backendIn(control, 'a', 'up');
});
