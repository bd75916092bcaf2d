// The registry file: what is registered, drained and removed survives the balancer.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathTo } from 'node:path';
import type { ClusterView } from '@fairlead/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  AppProcess,
  backendIn,
  commandOf,
  listening,
  startBackend,
  startBalancer,
  until,
  type Balancer,
} from '../support/processes.js';
import { httpUpstream, join, register, holdingUpstream } from '../support/upstreams.js';

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly registeredAt: string;
  readonly lease: { readonly expiresInSeconds: number } | null;
}

function aFile(): string {
  const folder = mkdtempSync(pathTo(tmpdir(), 'fairlead-registry-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return pathTo(folder, 'registry.sqlite');
}

async function list({ control }: Balancer): Promise<Shown[]> {
  return ((await (await fetch(`${control}/api/v1/backends`)).json()) as { backends: Shown[] }).backends;
}

const ask = ({ control }: Balancer, method: string, path: string) => fetch(control + path, { method });
const upstream = (name: string) => httpUpstream((_, response) => response.end(name));

describe('the registry file', () => {
  it.each(['0', '2'])('a client stays on its backend over a restart, with %s threads', async (DATA_PLANE_THREADS) => {
    const upstreams = await Promise.all(['a', 'b', 'c'].map(upstream));
    const sessions = Array.from({ length: 60 }, (_, i) => `session-${i}`);
    /** The backend of each session at a balancer that starts with this file, and is killed. */
    const backendsWith = async (REGISTRY_FILE: string) => {
      const env = { PLACEMENT_POLICY: 'maglev', AFFINITY_KEY: 'header:x-session', DATA_PLANE_THREADS };
      const balancer = await startBalancer({ REGISTRY_FILE, ...env });
      for (const [i, { port }] of upstreams.entries()) await join(balancer, `b${i}`, port);
      const backends = [];
      for (const session of sessions) {
        backends.push(await (await fetch(balancer.url, { headers: { 'x-session': session } })).text());
      }
      await balancer.process.stop('SIGKILL');
      return backends;
    };
    const file = aFile();
    const first = await backendsWith(file);
    expect(new Set(first).size).toBe(3);
    expect(await backendsWith(file)).toEqual(first);
    // No client can know where another file would place it.
    expect(await backendsWith(aFile())).not.toEqual(first);
  });

  it('the fleet is back after SIGKILL as it was', async () => {
    const REGISTRY_FILE = aFile();
    const first = await startBalancer({ REGISTRY_FILE });
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(upstream));
    await join(first, 'a', a.port, { leaseSeconds: 60, pingPath: '/health', labels: { zone: 'x' } });
    await join(first, 'b', b.port);
    await join(first, 'c', c.port);
    await join(first, 'd', c.port);
    expect((await ask(first, 'POST', '/api/v1/backends/b/drain')).status).toBe(200);
    expect((await ask(first, 'DELETE', '/api/v1/backends/d')).status).toBe(204);
    const before = await list(first);
    await first.process.stop('SIGKILL');

    const second = await startBalancer({ REGISTRY_FILE });
    await backendIn(second.control, 'a', 'up');

    const after = await list(second);
    expect(after).toMatchObject([
      { id: 'a', state: 'up', labels: { zone: 'x' }, pingPath: '/health' },
      { id: 'b', state: 'draining', drain: { complete: true } },
    ]);
    expect(after[0].lease?.expiresInSeconds).toBeGreaterThan(30);
    expect(after.map(({ registeredAt }) => registeredAt)).toEqual(before.map(({ registeredAt }) => registeredAt));
    await second.process.logged('a: new → joining (restored from the registry file; pinged before it counts as up)');
    for (let i = 0; i < 5; i++) expect(await (await fetch(second.url)).text()).toBe('a');

    expect(await (await ask(second, 'POST', '/api/v1/backends/b/resume')).json()).toMatchObject({ state: 'up' });
    expect((await ask(second, 'PUT', '/api/v1/backends/a/lease')).status).toBe(200);
    await second.process.stop('SIGKILL');
    const third = await startBalancer({ REGISTRY_FILE });
    await backendIn(third.control, 'b', 'up');
  });

  it('the file keeps the fleet over a shutdown, and what changes while two processes have it open', async () => {
    const REGISTRY_FILE = aFile();
    const first = await startBalancer({ REGISTRY_FILE });
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(upstream));
    await join(first, 'a', a.port);
    await join(first, 'b', b.port);

    const second = await startBalancer({ REGISTRY_FILE });
    await join(second, 'c', c.port);
    await ask(first, 'DELETE', '/api/v1/backends/b');
    expect(await first.process.stop('SIGTERM')).toBe(0);
    expect(await second.process.stop('SIGTERM')).toBe(0);
    // The last to close leaves one file and no journal.
    expect(existsSync(`${REGISTRY_FILE}-wal`)).toBe(false);

    const third = await startBalancer({ REGISTRY_FILE });
    expect((await list(third)).map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('a backend that renews its lease with the next process is kept while the previous one shuts down', async () => {
    const REGISTRY_FILE = aFile();
    const first = await startBalancer({ REGISTRY_FILE });
    const { port, held, holds } = await holdingUpstream();
    await join(first, 'leased', port, { leaseSeconds: 2 });
    const answer = fetch(first.url);
    await holds(1);
    const stopped = first.process.stop('SIGTERM');
    await first.process.logged('shutting down');

    const second = await startBalancer({ REGISTRY_FILE });
    const leaseEnds = performance.now() + 3000;
    // For longer than a lease the backend renews with the second process alone.
    await until('the lease of the first to be over', async () => {
      expect((await ask(second, 'PUT', '/api/v1/backends/leased/lease')).status).toBe(200);
      return performance.now() > leaseEnds;
    });
    held[0].end('late');
    expect(await (await answer).text()).toBe('late');
    expect(await stopped).toBe(0);
    await second.process.stop('SIGKILL');
    expect((await list(await startBalancer({ REGISTRY_FILE }))).map(({ id }) => id)).toEqual(['leased']);
  });

  it('a backend whose lease lapses or whose address is taken over is removed from the file', async () => {
    const REGISTRY_FILE = aFile();
    const first = await startBalancer({ REGISTRY_FILE });
    await register(first.control, { id: 'brief', port: 1, leaseSeconds: 1, resources: { compute: 1, storage: 1 } });
    await register(first.control, { id: 'old', port: 2, resources: { compute: 1, storage: 1 } });
    await register(first.control, { id: 'new', port: 2, resources: { compute: 2, storage: 2 } });
    await backendIn(first.control, 'brief', 'gone');
    await first.process.stop('SIGKILL');
    const second = await startBalancer({ REGISTRY_FILE });
    expect(await list(second)).toMatchObject([{ id: 'new', resources: { compute: 2, storage: 2 } }]);
  });

  it('a file that is not a database is set aside with a warning, and a new one is begun', async () => {
    const REGISTRY_FILE = aFile();
    writeFileSync(REGISTRY_FILE, 'this is no database');
    const first = await startBalancer({ REGISTRY_FILE });
    const { port } = await upstream('a');
    await join(first, 'a', port);
    const { msg } = await first.process.logged('is damaged or no database');
    const aside = readdirSync(pathTo(REGISTRY_FILE, '..')).find((name) => name.includes('.corrupt-'));
    expect(msg).toContain(`it was moved to ${pathTo(REGISTRY_FILE, '..', aside!)}, and a new one was created`);
    expect(readFileSync(pathTo(REGISTRY_FILE, '..', aside!), 'utf8')).toBe('this is no database');
    await first.process.stop('SIGKILL');
    expect((await list(await startBalancer({ REGISTRY_FILE }))).map(({ id }) => id)).toEqual(['a']);
  });

  it('backends register where no file can be opened', async () => {
    const balancer = await startBalancer({ REGISTRY_FILE: '/proc/fairlead/registry.sqlite' });
    await startBackend(balancer, { BACKEND_ID: 'a' });
    expect((await fetch(balancer.url)).status).toBe(200);
    const warnings = balancer.process.lines.filter(({ msg }) => msg?.includes('/proc/fairlead/registry.sqlite'));
    expect(warnings.map(({ level, msg }) => [level, msg])).toEqual([
      [
        'warn',
        expect.stringMatching(/^\/proc\/fairlead\/registry.sqlite cannot be opened: ENOENT.*kept in memory only$/),
      ],
    ]);
    expect(balancer.process.stderr).toBe('');
  });

  it('backends register when the disk is full, and the file keeps what it had', async () => {
    const REGISTRY_FILE = aFile();
    // No file may grow beyond 100 blocks of 1 KiB: to SQLite that is a disk that takes no more.
    const command = ['bash', '--norc', '-c', 'ulimit -f 100; exec "$@"', 'bash', ...commandOf('balancer')];
    const ports = { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0' };
    const full = new AppProcess('balancer', command, { env: { LOG_FORMAT: 'json', REGISTRY_FILE, ...ports } });
    onTestFinished(() => full.end());
    const { control } = await listening(full);
    for (let i = 1; i <= 50; i++) {
      const response = await register(control, { id: `b${i}`, port: i, resources: { compute: 1, storage: 1 } });
      expect(response.status).toBe(201);
    }
    expect(full.lines.filter(({ msg }) => msg?.includes('cannot be written'))).toHaveLength(1);
    expect(full.stderr).toBe('');
    const { registry } = (await (await fetch(`${control}/api/v1/cluster`)).json()) as ClusterView;
    expect(registry).toMatchObject({ state: 'away', reason: expect.stringContaining('cannot be written') });
    expect(registry.pendingChanges).toBeGreaterThan(0);
    await full.stop('SIGKILL');

    const kept = (await list(await startBalancer({ REGISTRY_FILE }))).map(({ id }) => id);
    expect(kept).toContain('b1');
    expect(kept).not.toContain('b50');
  });
});

describe('a backend that registers in a loop', () => {
  const RESOURCES = { compute: 1, storage: 1 };

  it('it gets 429 with Retry-After, and other backends register', async () => {
    const balancer = await startBalancer({ REGISTRATIONS_PER_MINUTE: '3' });
    const { port } = await upstream('looping');
    const body = { id: 'looping', port, resources: RESOURCES };
    const loop = async (times: number) => {
      const statuses: number[] = [];
      for (let i = 0; i < times; i++) statuses.push((await register(balancer.control, body)).status);
      return statuses;
    };
    expect(await loop(6)).toEqual([201, 200, 200, 429, 429, 429]);

    const refused = await register(balancer.control, body);
    expect(await refused.json()).toEqual({
      statusCode: 429,
      error: 'Too Many Requests',
      message: expect.stringMatching(
        /^at most 3 registrations a minute are allowed from one address under one identity: try again in \d+ s$/,
      ),
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(20);

    for (const id of ['b', 'c', 'd', 'e']) {
      const response = await register(balancer.control, { id, port: port + id.charCodeAt(0), resources: RESOURCES });
      expect(response.status).toBe(201);
    }
    await backendIn(balancer.control, 'looping', 'up');
    expect(await (await fetch(balancer.url)).text()).toBe('looping');
  });

  it('it gets 429 in the original protocol too, and for bodies that are not valid', async () => {
    const { control } = await startBalancer({ REGISTRATIONS_PER_MINUTE: '2' });
    const headers = { 'content-type': 'application/json' };
    const original = (body: object) => fetch(control, { method: 'POST', headers, body: JSON.stringify(body) });
    const vectors = { 'Compute-Vector': 1, 'Storage-Vector': 1 };
    const statuses = async (send: () => Promise<Response>) => [
      (await send()).status,
      (await send()).status,
      (await send()).status,
    ];
    expect(await statuses(() => original({ ...vectors, Port: 1 }))).toEqual([200, 200, 429]);
    expect(await statuses(() => original({ ...vectors, Port: 2 }))).toEqual([200, 200, 429]);
    expect(await statuses(() => register(control, { id: 'odd', resources: 7 }))).toEqual([400, 400, 429]);
  });

  it('it may do so where no limit is set', async () => {
    const { control } = await startBalancer({ REGISTRATIONS_PER_MINUTE: '0' });
    for (let i = 0; i < 100; i++) {
      expect((await register(control, { id: 'a', port: 1, resources: RESOURCES })).status).toBeLessThan(202);
    }
  });
});
