// Backends that the configuration file names: members of the fleet that only the file adds and removes.
import { join } from 'node:path';
import type { BackendView } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { eventsOfKind, reload, startWithFile, type ConfiguredBalancer } from '../support/configuration-file.js';
import { shared } from '../support/lifetime.js';
import { eventsOf } from '../support/metrics.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { httpUpstream, join as joinFleet, register } from '../support/upstreams.js';

/** A file with these backends in its default pool. */
const fileWith = (...backends: readonly object[]) => JSON.stringify({ pools: { default: { backends } } });

const at = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`;

async function backend({ control }: { readonly control: string }, id: string): Promise<BackendView> {
  return (await (await fetch(`${control}/api/v1/backends/${encodeURIComponent(id)}`)).json()) as BackendView;
}

const act = ({ control }: ConfiguredBalancer, method: string, path: string) =>
  fetch(`${control}/api/v1/backends/${path}`, { method });

async function messageOf(response: Response): Promise<string> {
  return ((await response.json()) as { message: string }).message;
}

describe('a backend that the file names', () => {
  const set = shared(async (atEnd) => {
    const upstream = await httpUpstream((_, response) => response.end('served'), atEnd);
    const entry = { id: 'fixed', url: at(upstream), resources: { compute: 4, storage: 2 }, labels: { zone: 'a' } };
    const text = fileWith(entry);
    const balancer = await startWithFile(text, {}, atEnd);
    return { balancer, upstream, entry, text };
  });

  it('serves as soon as clients are accepted, with the facts of the file and no lease', async () => {
    const { balancer, upstream } = set.current;
    expect(await (await fetch(balancer.url)).text()).toBe('served');
    expect(await backend(balancer, 'fixed')).toMatchObject({
      url: at(upstream),
      source: 'static',
      pool: 'default',
      state: 'up',
      resources: { compute: 4, storage: 2 },
      labels: { zone: 'a' },
      lease: null,
    });
  });

  it('cannot be removed, renewed or registered again by the API', async () => {
    const { balancer, upstream } = set.current;
    const taken = { url: at(upstream), resources: { compute: 1, storage: 1 } };
    const responses = [
      await act(balancer, 'DELETE', 'fixed'),
      await act(balancer, 'DELETE', 'fixed?now=true'),
      await act(balancer, 'PUT', 'fixed/lease'),
      await register(balancer.control, { ...taken, id: 'fixed' }),
      await register(balancer.control, { ...taken, id: 'other' }),
    ];
    for (const response of responses) {
      expect(response.status).toBe(409);
      expect(await messageOf(response)).toMatch(/^"fixed" is named by the configuration file/);
    }
    expect(await backend(balancer, 'fixed')).toMatchObject({ state: 'up' });
  });

  it('cannot be registered again by the original protocol', async () => {
    const { balancer, upstream } = set.current;
    const body = JSON.stringify({ 'Compute-Vector': 1, 'Storage-Vector': 1, Port: upstream.port });
    const response = await fetch(balancer.control, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([response.status, await response.text()]).toEqual([
      409,
      expect.stringContaining('named by the configuration file'),
    ]);
  });

  it('stays paused over a reload when an operator has paused it', async () => {
    const { balancer, entry, text } = set.current;
    expect((await act(balancer, 'POST', 'fixed/drain')).status).toBe(200);
    balancer.write(fileWith({ ...entry, labels: { zone: 'b' } }));
    await reload(balancer);
    expect(await backend(balancer, 'fixed')).toMatchObject({ state: 'draining', labels: { zone: 'b' } });
    expect((await act(balancer, 'POST', 'fixed/resume')).status).toBe(200);
    await backendIn(balancer.control, 'fixed', 'up');
    balancer.write(text);
    await reload(balancer);
  });

  it('changes in place', async () => {
    const { balancer, entry, text } = set.current;
    const { registeredAt, since } = await backend(balancer, 'fixed');
    balancer.write(fileWith({ ...entry, resources: { compute: 8, storage: 2 } }));
    await reload(balancer);
    expect(await backend(balancer, 'fixed')).toMatchObject({
      resources: { compute: 8, storage: 2 },
      state: 'up',
      registeredAt,
      since,
    });
    const changed = (await eventsOfKind(balancer, 'changed')).at(-1);
    expect(changed?.reason).toBe('named again by the configuration file, with other values of capacity');
    balancer.write(text);
    await reload(balancer);
  });

  it('leaves when the file no longer names it, and comes back', async () => {
    const { balancer, text } = set.current;
    balancer.write('{}');
    await reload(balancer);
    await backendIn(balancer.control, 'fixed', 'gone');
    expect((await fetch(balancer.url)).status).toBe(503);
    balancer.write(text);
    await reload(balancer);
    await backendIn(balancer.control, 'fixed', 'up');
    expect((await fetch(balancer.url)).status).toBe(200);
  });

  it('is pinged', async () => {
    const { balancer, upstream, entry, text } = set.current;
    const isDown = { ...entry, id: 'down', url: 'http://127.0.0.1:1' };
    balancer.write(fileWith(entry, isDown, { url: `${at(upstream)}/prefix`, pingPath: '/ok' }));
    await reload(balancer);
    await backendIn(balancer.control, 'down', 'down');
    await backendIn(balancer.control, `${at(upstream)}/prefix`, 'up');
    balancer.write(text);
    await reload(balancer);
    await backendIn(balancer.control, 'down', 'gone');
  });

  it('takes the place of one that registered at its address, which leaves with the file', async () => {
    const { balancer, entry, text } = set.current;
    const other = await httpUpstream((_, response) => response.end('registered'));
    await joinFleet(balancer, 'registered', other.port);
    balancer.write(fileWith(entry, { id: 'named', url: at(other) }));
    await reload(balancer);
    expect(await backend(balancer, 'named')).toMatchObject({ source: 'static', url: at(other) });
    await backendIn(balancer.control, 'registered', 'gone');
    balancer.write(text);
    await reload(balancer);
    await backendIn(balancer.control, 'named', 'gone');
    await joinFleet(balancer, 'registered', other.port);
    await act(balancer, 'DELETE', 'registered?now=true');
  });

  it('is in each pool that names it, with an id for each', async () => {
    const { balancer, upstream, text } = set.current;
    const backends = [{ url: at(upstream) }];
    balancer.write(JSON.stringify({ pools: { default: { backends }, other: { backends } } }));
    await reload(balancer);
    expect(await backend(balancer, at(upstream))).toMatchObject({ pool: 'default' });
    expect(await backend(balancer, `${at(upstream)}@other`)).toMatchObject({ pool: 'other' });
    balancer.write(text);
    await reload(balancer);
    await until('the others to leave', async () => {
      const response = await fetch(`${balancer.control}/api/v1/backends`);
      return ((await response.json()) as { backends: unknown[] }).backends.length === 1;
    });
  });
});

it('is not in the registry file, also when it was there as one that registered', async () => {
  const upstream = await httpUpstream((_, response) => response.end('served'));
  const registry = (folder: string) => ({ REGISTRY_FILE: join(folder, 'registry.sqlite') });
  const first = await startWithFile('{}');
  const balancer = await startBalancer({ FAIRLEAD_CONFIG: first.file, ...registry(first.folder) });
  await joinFleet(balancer, 'fixed', upstream.port);
  first.write(fileWith({ id: 'fixed', url: at(upstream) }));
  await reload(balancer);
  await fetch(`${balancer.control}/api/v1/backends/fixed/drain`, { method: 'POST' });
  await balancer.process.stop('SIGTERM');
  const next = await startBalancer(registry(first.folder));
  const response = await fetch(`${next.control}/api/v1/backends`);
  expect(await response.json()).toEqual({ backends: [] });
});

it('waits for room when the load table is full of backends that leave', async () => {
  const { port } = await httpUpstream((_, response) => response.end('served'));
  const balancer = await startWithFile(fileWith({ id: 'one', url: at({ port }) }), { MAX_BACKENDS: '1' });
  await backendIn(balancer.control, 'one', 'up');
  balancer.write(fileWith({ id: 'two', url: `${at({ port })}/two` }));
  await reload(balancer);
  await backendIn(balancer.control, 'two', 'up');
  expect((await eventsOf(balancer)).some(({ backend: id, to }) => id === 'one' && to === 'gone')).toBe(true);
});
