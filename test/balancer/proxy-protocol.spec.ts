// The PROXY protocol: a proxy that relays TCP says for whom it connects.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { RequestRecord } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { get, lastGet, upgradeTo } from '../support/http-text.js';
import { startBalancer, type Balancer } from '../support/processes.js';
import { openSocket, received, receivedUntil, sendInParts, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join } from '../support/upstreams.js';

const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.9';
const ON = { PROXY_PROTOCOL: 'on', TRUSTED_PROXIES: PROXY };
const LINE = 'PROXY TCP4 192.0.2.7 10.0.0.1 12345 80\r\n';
const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
/** Version 2: 192.0.2.8, and three bytes of an extension. */
const BINARY = `${SIGNATURE}\x21\x11\0\x12\xc0\0\x02\x08\x0a\0\0\x01\x30\x39\0\x50\x04\0\x03abc`;
const LOCAL = `${SIGNATURE}\x20\0\0\0`;

async function loggedClients({ control }: Balancer): Promise<string[]> {
  const response = await fetch(`${control}/api/v1/requests`);
  const { requests } = (await response.json()) as { requests: RequestRecord[] };
  return requests.map(({ client }) => client).toReversed();
}

async function errorsOf({ control }: Balancer): Promise<number> {
  const text = await (await fetch(`${control}/metrics`)).text();
  return Number(/^fairlead_proxy_protocol_errors_total (\d+)$/m.exec(text)?.[1]);
}

/** A balancer with a backend, and what the backend was told of the clients. */
async function balancerWithBackend(env: Record<string, string>) {
  const balancer = await startBalancer(env);
  const told: unknown[] = [];
  const tell = ({ headers }: IncomingMessage) => told.push(headers['x-forwarded-for']);
  const server = await httpUpstream((request, response) => {
    tell(request);
    response.end('served');
  });
  server.on('upgrade', (request, socket) => {
    tell(request);
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
  });
  await join(balancer, 'a', server.port);
  return { balancer, told };
}

describe.each(['on', 'off'])('with the fast lane %s', (FAST_LANE) => {
  it('the announced address is that of the client, whatever arrives with the header', async () => {
    const { balancer, told } = await balancerWithBackend({ ...ON, FAST_LANE });
    const { port } = balancer;
    await sendRaw(port, LINE + lastGet(), PROXY);
    await sendRaw(port, BINARY + lastGet(), PROXY);
    await sendRaw(port, BINARY + lastGet('/', 'TE: trailers', 'X-Forwarded-For: 6.6.6.6'), PROXY);
    await sendRaw(port, LOCAL + lastGet(), PROXY);
    await sendRaw(port, LINE + upgradeTo('other'), PROXY);
    await sendRaw(port, lastGet(), STRANGER);
    const clients = ['192.0.2.7', '192.0.2.8', '192.0.2.8', PROXY, '192.0.2.7', STRANGER];
    expect(told).toEqual(clients);
    expect(await loggedClients(balancer)).toEqual(clients);
    expect(await errorsOf(balancer)).toBe(0);
  });

  it('a header may arrive in pieces, and requests follow it on one connection', async () => {
    const { balancer, told } = await balancerWithBackend({ ...ON, FAST_LANE });
    for (const header of [LINE, BINARY]) {
      const socket = await openSocket(balancer.port, PROXY);
      const parts = [0, 1, 7, 13, 20, header.length].map((from, i, all) => header.slice(from, all[i + 1]));
      const first = receivedUntil(socket, 'served');
      // OPTIONS * of a stranger is served meanwhile, which sendInParts waits for.
      await sendInParts(
        socket,
        [...parts.slice(0, -1), get('/a')].map((part) => Buffer.from(part, 'latin1')),
        balancer.port,
      );
      await first;
      const second = receivedUntil(socket, 'served');
      socket.write(get('/b'));
      await second;
    }
    expect(told).toEqual(['192.0.2.7', '192.0.2.7', '192.0.2.8', '192.0.2.8']);
  });

  it('a connection without a valid header is closed and counted, and nothing of it is served', async () => {
    const { balancer, told } = await balancerWithBackend({ ...ON, FAST_LANE, CLIENT_HEADER_TIMEOUT_SECONDS: '0.3' });
    const bad = [
      lastGet(),
      LINE.replace('192', '999') + get(),
      `PROXY ${'x'.repeat(200)}`,
      BINARY.replace('\x21', '\x11'),
    ];
    for (const bytes of [...bad, LINE.slice(0, -1)]) expect(await sendRaw(balancer.port, bytes, PROXY)).toBe('');
    const ended = await openSocket(balancer.port, PROXY);
    ended.end(LINE.slice(0, 10));
    expect(await received(ended)).toBe('');
    // Whether the port is open may be checked without a header.
    const check = await openSocket(balancer.port, PROXY);
    check.resume().end();
    await once(check, 'close');
    expect(await errorsOf(balancer)).toBe(bad.length + 2);
    expect(told).toEqual([]);
    const warnings = balancer.process.lines.filter(({ msg }) => msg?.includes('PROXY header'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0].msg).toMatch(/^127\.0\.0\.2 is in TRUSTED_PROXIES, .* does not begin with a PROXY header$/);
  });

  it('a header that is not expected is a malformed request', async () => {
    const off = await startBalancer({ TRUSTED_PROXIES: PROXY, FAST_LANE });
    const on = await startBalancer({ ...ON, FAST_LANE });
    for (const header of [LINE, BINARY, LOCAL, 'PROXY UNKNOWN\r\n']) {
      expect(await sendRaw(off.port, header + lastGet(), PROXY)).toMatch(/^HTTP\/1\.1 400 /);
      expect(await sendRaw(on.port, header + lastGet(), STRANGER)).toMatch(/^HTTP\/1\.1 400 /);
      // One header, and no second one after it.
      expect(await sendRaw(on.port, LINE + header + lastGet(), PROXY)).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(await errorsOf(on)).toBe(0);
  });
});

it('an announced address has the rights that it is listed with', async () => {
  const { balancer, told } = await balancerWithBackend({
    PROXY_PROTOCOL: 'on',
    TRUSTED_PROXIES: `${PROXY},10.1.1.1`,
    DEMAND_CLIENTS: '10.2.2.2',
  });
  const announcing = (address: string) => `PROXY TCP4 ${address} 10.0.0.1 1 2\r\n`;
  const lines = ['X-Forwarded-For: 192.0.2.9', 'Fairlead-Explain: 1'];
  const asked = [];
  for (const address of ['10.1.1.1', '10.2.2.2', '10.3.3.3']) {
    const text = await sendRaw(balancer.port, announcing(address) + lastGet('/', ...lines), PROXY);
    asked.push(text.includes('Fairlead-Placement'));
  }
  expect(asked).toEqual([false, true, false]);
  expect(told).toEqual(['192.0.2.9, 10.1.1.1', '10.2.2.2', '10.3.3.3']);
  expect(await loggedClients(balancer)).toEqual(['192.0.2.9', '10.2.2.2', '10.3.3.3']);
});

it('a shutdown does not wait for a header', async () => {
  const { balancer } = await balancerWithBackend({ ...ON, SHUTDOWN_IDLE_SECONDS: '0' });
  const socket = await openSocket(balancer.port, PROXY);
  await sendInParts(socket, [LINE.slice(0, 10)], balancer.port);
  const closed = received(socket);
  await balancer.process.stop('SIGTERM');
  expect(await closed).toBe('');
});
