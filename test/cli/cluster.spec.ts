// `fairlead status` of a balancer that shares its registry with others: a relay before a real balancer says so.
import type { ClusterView } from '@fairlead/contracts';
import { expect, it } from 'vitest';
import { aBalancerView, aClusterView } from '../support/cluster-view.js';
import { shared } from '../support/lifetime.js';
import { startBalancer } from '../support/processes.js';
import { httpUpstream, join } from '../support/upstreams.js';
import { fairlead } from './fairlead.js';

let cluster: ClusterView | undefined;

/** A balancer with one backend that responds `cluster` to `GET /api/v1/cluster`, and 404 where that is undefined. */
const control = shared(async (atEnd) => {
  const balancer = await startBalancer({}, atEnd);
  const upstream = await httpUpstream((_, response) => response.end('ok'), atEnd);
  await join(balancer, 'files-1', upstream.port, { pingPath: '/' });
  const responseTo = async (path: string) => {
    if (path !== '/api/v1/cluster') return fetch(balancer.control + path);
    return cluster ? Response.json(cluster) : Response.json({ statusCode: 404, message: 'no' }, { status: 404 });
  };
  const { port } = await httpUpstream((request, response) => {
    void responseTo(request.url ?? '').then(async (sent) => response.writeHead(sent.status).end(await sent.text()));
  }, atEnd);
  return `http://127.0.0.1:${port}`;
});

async function statusOf(view: ClusterView | undefined, args: readonly string[] = []) {
  cluster = view;
  return fairlead(['status', ...args], { env: { BALANCER_URL: control.current, TZ: 'UTC' } });
}

const UP = { 'files-1': 'up', 'files-2': 'up' } as const;

it('shows the balancers and their registry', async () => {
  const gone = { isLive: false, lastSeenSecondsAgo: 75, version: '0.2.0' };
  const view = aClusterView([
    aBalancerView('balancer-1', UP),
    aBalancerView('balancer-2', UP),
    aBalancerView('balancer-3', { 'files-1': 'up', 'files-2': 'down' }, gone),
  ]);
  const { exitCode, stdout } = await statusOf(view);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`
cluster    shop: 2 of 3 balancers live, this is balancer-1
registry   the registry at redis://10.0.0.5:6379: current, confirmed just now, responds in 0.83 ms
`);
  expect(stdout.split('\n').slice(-5)).toEqual([
    expect.stringMatching(/^BALANCER +VERSION +ADDRESS +UP SINCE +LAST SEEN +LIVE +BACKENDS UP$/),
    expect.stringMatching(/^balancer-1 +0.1.0 +balancer-1.example:9797 .*09:00:00 +just now +yes +2 of 2$/),
    expect.stringMatching(/^balancer-2 .* yes +2 of 2$/),
    expect.stringMatching(/^balancer-3 +0.2.0 .* 1 min 15 s ago +no +1 of 2$/),
    '',
  ]);
});

it('warns of backends that live balancers see differently', async () => {
  const view = aClusterView([
    aBalancerView('balancer-1', { 'files-1': 'up', 'files-2': 'up', 'files-3': 'up' }),
    aBalancerView('balancer-2', { 'files-1': 'down', 'files-2': 'up' }),
    aBalancerView('balancer-3', { 'files-1': 'up', 'files-2': 'up', 'files-3': 'joining' }),
  ]);
  const { exitCode, stdout } = await statusOf(view);
  expect(exitCode).toBe(0);
  expect(stdout.split('\n').filter((line) => line.startsWith('warning'))).toEqual([
    'warning: balancers see files-1 differently: up at balancer-1, balancer-3; down at balancer-2',
    'warning: balancers see files-3 differently: up at balancer-1; unknown at balancer-2; joining at balancer-3',
  ]);
});

it('exits with 1 while the registry is away, and says why', async () => {
  const away = {
    state: 'away',
    reason: 'the registry at redis://10.0.0.5:6379 cannot be reached: connection refused',
    confirmedSecondsAgo: 75,
    latencyMs: null,
    pendingChanges: 3,
  } as const;
  const unseen = aBalancerView('balancer-2', UP, { isLive: false, lastSeenSecondsAgo: 75 });
  const { exitCode, stdout } = await statusOf(aClusterView([aBalancerView('balancer-1', UP), unseen], away));
  expect(exitCode).toBe(1);
  // Whether the others live cannot be seen meanwhile.
  expect(stdout).toMatch(/^cluster {4}shop: 2 balancers, this is balancer-1$/m);
  expect(stdout).toMatch(/^balancer-2 .* unknown +2 of 2$/m);
  expect(stdout).toMatch(
    /^registry {3}away since .*09:00:00: the registry at redis:\/\/10.0.0.5:6379 cannot be reached: connection refused, confirmed 1 min 15 s ago, 3 changes to be stored$/m,
  );
});

it('shows of a registry of its own only that it cannot be written', async () => {
  const reason = 'registry.sqlite cannot be written: database or disk is full';
  const own = { isShared: false, name: 'registry.sqlite', confirmedSecondsAgo: null, latencyMs: null } as const;
  const { exitCode, stdout } = await statusOf(
    aClusterView([aBalancerView('balancer-1', UP)], { ...own, state: 'away', reason, pendingChanges: 1 }),
  );
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /^registry {3}away since .*09:00:00: registry.sqlite cannot be written: .*, 1 change to be stored$/m,
  );
  expect(stdout).not.toMatch(/^cluster|BALANCER/m);
});

it('names stored backends that are not used, of many the first ten', async () => {
  const unusableRecords = Array.from({ length: 12 }, (_, i) => ({
    id: `files-${10 + i}`,
    problem: 'newer-format' as const,
    reason: 'a newer version of Fairlead wrote it',
  }));
  const { stdout } = await statusOf(aClusterView([aBalancerView('balancer-1', UP)], { unusableRecords }));
  const lines = stdout.trimEnd().split('\n').slice(-11);
  expect(lines[0]).toBe('warning: the stored backend files-10 is not used: a newer version of Fairlead wrote it');
  expect(lines.slice(-2)).toEqual([
    'warning: the stored backend files-19 is not used: a newer version of Fairlead wrote it',
    'and 2 more warnings: --json has all',
  ]);
});

it('prints what the API responds with --json', async () => {
  const view = aClusterView([aBalancerView('balancer-1', UP)]);
  const { stdout } = await statusOf(view, ['--json']);
  expect((JSON.parse(stdout) as { cluster: ClusterView }).cluster).toEqual(view);
});

it('shows nothing of it for a balancer with a registry of its own, and for one of a version without it', async () => {
  const own = aClusterView([aBalancerView('balancer-1', UP)], { isShared: false, name: 'the registry in memory' });
  for (const view of [own, undefined]) {
    const { exitCode, stdout } = await statusOf(view);
    expect(exitCode).toBe(0);
    expect(stdout).not.toMatch(/cluster|registry|BALANCER/);
  }
  const { stdout } = await statusOf(undefined, ['--json']);
  expect((JSON.parse(stdout) as { cluster: null }).cluster).toBeNull();
});
