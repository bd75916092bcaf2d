// The configuration files in examples/: each serves requests as its comment says.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { reload, startWithFile } from '../support/configuration-file.js';
import { request, upgradeTo } from '../support/http-text.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { echoUpstream, httpUpstream, join } from '../support/upstreams.js';

/** A balancer with an example, and a backend in each of these pools. */
async function startExample(name: string, pools: readonly string[]) {
  const file = fileURLToPath(new URL(`../../examples/traffic/${name}.yaml`, import.meta.url));
  const text = readFileSync(file, 'utf8');
  const balancer = await startWithFile(text);
  for (const pool of pools) {
    const { port } = await httpUpstream(({ url, headers }, response) => {
      response.end(`${pool} ${url} ${String(headers['fairlead-demand'])}`);
    });
    await join(balancer, pool, port, { pool, pingPath: '/health' });
  }
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(balancer.url + path, { headers })).text();
  return { balancer, ask, text };
}

it('two-services.yaml', async () => {
  const { ask } = await startExample('two-services', ['site', 'api']);
  expect(await ask('/api/users')).toMatch(/^api \/users /);
  expect(await ask('/users')).toMatch(/^site \/users /);
});

it('blue-green.yaml', async () => {
  const { ask, balancer, text } = await startExample('blue-green', ['blue', 'green']);
  for (let i = 0; i < 20; i++) expect(await ask('/')).toMatch(/^blue /);
  balancer.write(
    text.replace('blue, weight: 100', 'blue, weight: 0').replace('green, weight: 0', 'green, weight: 100'),
  );
  await reload(balancer);
  for (let i = 0; i < 20; i++) expect(await ask('/')).toMatch(/^green /);
});

it('canary.yaml', async () => {
  const { ask } = await startExample('canary', ['stable', 'canary']);
  expect(await ask('/', { 'x-canary': 'yes' })).toMatch(/^canary /);
  const mine = (await ask('/')).split(' ')[0];
  for (let i = 0; i < 10; i++) expect(await ask('/')).toMatch(new RegExp(`^${mine} `));
});

it('websocket.yaml', async () => {
  const { balancer } = await startExample('websocket', []);
  const { port } = await echoUpstream();
  await join(balancer, 'chat', port, { pool: 'chat' });
  const socket = await openSocket(balancer.port);
  const head = receivedUntil(socket, '\r\n\r\n');
  socket.write(upgradeTo('websocket', '/chat/room'));
  expect(await head).toMatch(/^HTTP\/1\.1 101 [\s\S]*\r\nSet-Cookie: chat=/);
});

it('moved-host.yaml', async () => {
  const { balancer } = await startExample('moved-host', ['default']);
  const ask = (host: string, target: string) =>
    sendRaw(balancer.port, request('GET', target, ['Connection: close']).replace('example.org', host));
  expect(await ask('shop.example.com', '/a?b')).toMatch(
    /^HTTP\/1\.1 308 [\s\S]*location: https:\/\/www\.example\.org\/a\?b\r\n/i,
  );
  expect(await ask('www.example.org', '/blog/1')).toMatch(
    /^HTTP\/1\.1 301 [\s\S]*location: https:\/\/blog\.example\.org\/1\r\n/i,
  );
  expect(await ask('www.example.org', '/beta/x')).toMatch(/^HTTP\/1\.1 410 [\s\S]*The beta is over\.\n$/);
  expect(await ask('www.example.org', '/')).toMatch(/\r\n\r\ndefault \/ /);
});

it('mixed-fleet.yaml', async () => {
  const { ask } = await startExample('mixed-fleet', ['default']);
  // First, because it is learned from the others.
  expect(await ask('/')).toBe('default / compute=1, storage=1');
  expect(await ask('/reports/2026')).toBe('default /reports/2026 compute=8, storage=1');
  expect(await ask('/files/a')).toBe('default /files/a compute=1, storage=6');
});
