// How much of a demand counts that a client declares.
import { expect, it } from 'vitest';
import { get, lastGet } from '../support/http-text.js';
import { startBalancer } from '../support/processes.js';
import { openSocket, sendRaw } from '../support/raw-client.js';
import { holdingUpstream, httpUpstream, join } from '../support/upstreams.js';

it('two requests that claim a million units do not keep the others away from their backends', async () => {
  const balancer = await startBalancer({ DEMAND_CLIENTS: '127.0.0.2', DEMAND_SOURCE: 'unit' });
  const upstreams = [await holdingUpstream(), await holdingUpstream(), await holdingUpstream()];
  for (const [i, { port }] of upstreams.entries()) await join(balancer, `b${i}`, port);
  const counts = () => upstreams.map(({ held }) => held.length);
  const total = () => counts().reduce((sum, count) => sum + count, 0);
  for (const claims of [1, 2]) {
    const socket = await openSocket(balancer.port, '127.0.0.2');
    socket.write(get('/claims', 'Compute: 1000000', 'Storage: 1000000'));
    await expect.poll(total).toBe(claims);
  }
  const claimed = counts();
  expect(claimed.toSorted((a, b) => a - b)).toEqual([0, 1, 1]);
  for (let other = 1; other <= 60; other++) (await openSocket(balancer.port)).write(get('/others'));
  await expect.poll(total).toBe(62);
  const others = counts().map((count, i) => count - claimed[i]);
  // A third of them would be fair.
  for (const count of others) expect(count).toBeGreaterThanOrEqual(9);
});

it('the client and the backend see the demand that counted, and a usual one counts in full', async () => {
  const balancer = await startBalancer({ DEMAND_CLIENTS: 'loopback', MAX_DEMAND_RATIO: '20' });
  const { port } = await httpUpstream(({ headers }, response) => response.end(String(headers['fairlead-demand'])));
  await join(balancer, 'a', port);
  const explained = async (compute: number) => {
    const text = await sendRaw(balancer.port, lastGet('/', 'Fairlead-Explain: 1', `Compute: ${compute}`));
    return [/Fairlead-Placement: "a"; compute=([\d.]+); storage=0\r\n/.exec(text)?.[1], text.split('\r\n\r\n')[1]];
  };
  for (let i = 0; i < 30; i++) expect(await explained(3)).toEqual(['3', 'compute=3, storage=0']);
  const [compute = '', body] = await explained(1_000_000);
  expect(Number(compute)).toBeGreaterThan(30);
  expect(Number(compute)).toBeLessThanOrEqual(60);
  expect(body).toBe(`compute=${compute}, storage=0`);
});
