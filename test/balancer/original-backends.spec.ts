// Backends as the first Python ones were: they register by a GET with a JSON body, parse both demand headers as integers,
// speak HTTP/1.0 and close every connection.
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { metricsOf } from '../support/metrics.js';
import { backendIn, startBalancer, type Balancer } from '../support/processes.js';
import { tcpUpstream } from '../support/upstreams.js';

const REQUESTS = 300;
const CONCURRENCY = 10;

/** As Python's `int(…)`: an optional sign and digits, nothing else. */
function parseInteger(text: string | undefined): number {
  if (text === undefined || !/^\s*[+-]?\d+\s*$/.test(text)) throw new SyntaxError(`invalid literal for int(): ${text}`);
  return Number(text);
}

/** Closes the connection without a response when a header is not an integer, as an exception in the handler does. */
function serveOnce(socket: Socket): void {
  let head = '';
  socket.on('data', (chunk) => {
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    const field = (name: string) => new RegExp(`^${name}: (.*)\r$`, 'im').exec(head)?.[1];
    try {
      const body = `${parseInteger(field('Compute'))} ${parseInteger(field('Storage'))}\n`;
      socket.end(`HTTP/1.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    } catch {
      socket.destroy();
    }
  });
}

async function registerOriginally({ control }: Balancer, port: number, vectors: object): Promise<void> {
  const { port: controlPort } = new URL(control);
  const body = JSON.stringify({ ...vectors, Port: port });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const request = httpRequest({ port: controlPort, host: '127.0.0.1', method: 'GET', headers }).end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
}

/** Sends one GET after another from each of {@link CONCURRENCY} clients; returns the statuses. */
async function statusesOf(url: string): Promise<number[]> {
  const statuses: number[] = [];
  const client = async () => {
    for (let i = 0; i < REQUESTS / CONCURRENCY; i++) {
      const response = await fetch(`${url}/jobs/${i}`);
      const [compute, storage] = (await response.text()).split(' ').map(Number);
      statuses.push(response.ok && compute >= 0 && storage >= 0 ? response.status : 0);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
  return statuses;
}

describe('backends that speak the original protocol', () => {
  it.each(['learned', 'unit', 'random'])('serve every request with DEMAND_SOURCE=%s', async (source) => {
    const balancer = await startBalancer({ DEMAND_SOURCE: source });
    for (const vectors of [
      { 'Compute-Vector': 20, 'Storage-Vector': 8 },
      { 'Compute-Vector': 20, 'Storage-Vector': 20 },
      { 'Compute-Vector': 20, 'Storage-Vector': 36 },
    ]) {
      const { port } = await tcpUpstream(serveOnce);
      await registerOriginally(balancer, port, vectors);
      await backendIn(balancer.control, `http://127.0.0.1:${port}`, 'up');
    }
    const statuses = await statusesOf(balancer.url);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(statuses).toHaveLength(REQUESTS);
    const { fleet, backends } = await metricsOf(balancer);
    expect(fleet).toMatchObject({ requests: REQUESTS, unplaced: 0, errors: 0 });
    expect(backends.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
  });

  it('get whole units, rounded up, and the exact demand beside them', async () => {
    const balancer = await startBalancer({ DEMAND_CLIENTS: 'loopback' });
    const heads: IncomingMessage['headers'][] = [];
    const server = createServer((request, response) => {
      heads.push(request.headers);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await registerOriginally(balancer, port, { 'Compute-Vector': 20, 'Storage-Vector': 8 });
    await backendIn(balancer.control, `http://127.0.0.1:${port}`, 'up');
    for (const demand of ['compute=0.139, storage=2.001', 'compute=0, storage=3', 'compute=0.000472, storage=0']) {
      await fetch(balancer.url, { headers: { 'fairlead-demand': demand } });
    }
    const seen = heads.filter((head) => head['fairlead-demand'] !== undefined);
    expect(seen).toMatchObject([
      { compute: '1', storage: '3', 'fairlead-demand': 'compute=0.139, storage=2.001' },
      { compute: '0', storage: '3', 'fairlead-demand': 'compute=0, storage=3' },
      { compute: '1', storage: '0', 'fairlead-demand': 'compute=0.000472, storage=0' },
    ]);
  });
});
