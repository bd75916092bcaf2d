// Limits of what a request may have: its target, its head, its fields and its body. And of what is logged about requests.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { chunked, get, lastGet, request, response, upgradeTo } from '../support/http-text.js';
import { eventsOf, metricsOf, settled } from '../support/metrics.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, received, receivedUntil, sendRaw } from '../support/raw-client.js';
import { holdingUpstream, httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

const LANES = ['on', 'off'];

/** Status, body and whether the connection closes. */
async function refusalOf(balancer: Balancer, bytes: string): Promise<{ status: number; message: string }> {
  const text = await sendRaw(balancer.port, bytes);
  const { statusCode, message } = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as {
    statusCode: number;
    message: string;
  };
  expect(text).toMatch(new RegExp(`^HTTP/1.1 ${statusCode} `));
  return { status: statusCode, message };
}

const fields = (count: number) => Array.from({ length: count }, (_, i) => `X${i}: y`);

describe.each(LANES)('a head (FAST_LANE=%s)', (lane) => {
  it('gets 414 and 431 from the first byte or field on that exceeds the default limits', async () => {
    const balancer = await startBalancer({ FAST_LANE: lane });
    // Node's server has such limits too.
    const { port } = await tcpUpstream((socket) => {
      let tail = '';
      socket.on('data', (bytes) => {
        tail = (tail + bytes.toString('latin1')).slice(-4);
        if (tail === '\r\n\r\n') socket.write(response(''));
      });
    });
    await join(balancer, 'a', port);
    const target = (bytes: number) => `/${'x'.repeat(bytes - 1)}`;
    const ofBytes = (bytes: number) => lastGet('/', `X: ${'x'.repeat(bytes - lastGet('/', 'X: ').length)}`);
    for (const text of [lastGet(target(8192)), lastGet('/', ...fields(98)), ofBytes(16_384)]) {
      expect(await sendRaw(balancer.port, text)).toMatch(/^HTTP\/1\.1 200 /);
    }
    const tooLong = { status: 414, message: 'the request target must have at most 8192 bytes' };
    const tooMany = { status: 431, message: 'a request must have at most 100 fields' };
    expect(await refusalOf(balancer, get(target(8193)))).toEqual(tooLong);
    expect(await refusalOf(balancer, get('/', ...fields(100)))).toEqual(tooMany);
    expect(await refusalOf(balancer, ofBytes(16_385))).toEqual({
      status: 431,
      message: 'the head of a request must have at most 16384 bytes',
    });
    expect(await refusalOf(balancer, upgradeTo('echo', target(8193)))).toEqual(tooLong);
    expect(await refusalOf(balancer, get('/', 'Connection: Upgrade', 'Upgrade: echo', ...fields(98)))).toEqual(tooMany);
  });

  it('has the limits of TRAFFIC_LIMITS', async () => {
    const limits = { maxTargetBytes: 20, maxHeadBytes: 1024, maxFields: 2 };
    const balancer = await startBalancer({ FAST_LANE: lane, TRAFFIC_LIMITS: JSON.stringify(limits) });
    const { port } = await httpUpstream((_, response) => response.end());
    await join(balancer, 'a', port);
    expect(await sendRaw(balancer.port, lastGet('/2345678901234567890'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await refusalOf(balancer, lastGet('/23456789012345678901'))).toMatchObject({ status: 414 });
    expect(await refusalOf(balancer, lastGet('/', 'X: y'))).toMatchObject({ status: 431 });
    expect(await refusalOf(balancer, get('/', `X: ${'x'.repeat(1024)}`))).toMatchObject({ status: 431 });
  });
});

describe.each(LANES)('a body (FAST_LANE=%s)', (lane) => {
  const limited = (env: Record<string, string> = {}) =>
    startBalancer({ FAST_LANE: lane, TRAFFIC_LIMITS: '{"maxBodyBytes": 1000}', ...env });
  const TOO_LARGE = { status: 413, message: 'the body of a request must have at most 1000 bytes' };

  it('gets 413 before any backend has it when its declared length exceeds the limit', async () => {
    const balancer = await limited();
    const { port, held } = await holdingUpstream();
    await join(balancer, 'a', port);
    expect(await refusalOf(balancer, request('POST', '/', ['Content-Length: 1001']))).toEqual(TOO_LARGE);
    expect(held).toHaveLength(0);
  });

  it('of unknown length is cut at the limit, and the backend is not blamed', async () => {
    const balancer = await limited({ OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: '1' });
    const connections: Promise<unknown>[] = [];
    let seen = '';
    const { port } = await tcpUpstream((socket) => {
      connections.push(once(socket, 'close'));
      socket.on('data', (bytes) => {
        seen += bytes.toString('latin1');
        if (seen.endsWith('0\r\n\r\n')) socket.end(response('all'));
      });
    });
    await join(balancer, 'a', port);
    const post = request('PUT', '/', ['Transfer-Encoding: chunked']);
    const allowed = await openSocket(balancer.port);
    allowed.write(post + chunked(['x'.repeat(600), 'y'.repeat(400)]));
    expect(await receivedUntil(allowed, 'all')).toMatch(/^HTTP\/1\.1 200 /);
    const client = await openSocket(balancer.port);
    client.write(`${post}258\r\n${'x'.repeat(600)}\r\n`);
    const before = seen.length;
    await until('the backend to have the first chunk', () => seen.length > before + 600);
    const refused = receivedUntil(client, '}\n');
    client.write(`258\r\n${'z'.repeat(600)}\r\n`);
    expect(await refused).toMatch(/^HTTP\/1\.1 413 [^]*at most 1000 bytes/);
    await Promise.all(connections);
    expect(seen).not.toContain('z'.repeat(401));
    expect((await eventsOf(balancer)).map(({ to }) => to)).toEqual(['joining', 'up']);
    expect((await metricsOf(balancer)).fleet).toMatchObject({ errors: 0, retries: 0 });
    client.destroy();
    await settled(balancer);
  });

  it('that is too large gets 413 in the queue too', async () => {
    const balancer = await limited({ QUEUE_TIMEOUT_SECONDS: '15' });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await holds(1);
    const client = await openSocket(balancer.port);
    client.write(request('POST', '/', ['Transfer-Encoding: chunked']));
    await until('the upload to wait', async () => (await metricsOf(balancer)).fleet.queued === 1);
    client.write(chunked(['x'.repeat(1001)]));
    expect(await receivedUntil(client, '}\n')).toMatch(/^HTTP\/1\.1 413 /);
    expect((await metricsOf(balancer)).fleet.queued).toBe(0);
    held[0].end();
    await first;
    expect(held).toHaveLength(1);
  });

  it('that is too large cuts a response that has begun', async () => {
    const balancer = await limited();
    const { port } = await httpUpstream((_, response) => void response.writeHead(200).write('begun'));
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.write(`${request('POST', '/', ['Transfer-Encoding: chunked'])}1\r\nx\r\n`);
    expect(await receivedUntil(client, 'begun')).toMatch(/^HTTP\/1\.1 200 /);
    const rest = received(client);
    client.write(chunked(['x'.repeat(1000)]));
    expect(await rest).not.toContain('0\r\n\r\n');
    expect((await metricsOf(balancer)).fleet.errors).toBe(0);
  });
});

it('lines about failed requests are limited per second, and the others are summarized', async () => {
  const balancer = await startBalancer({ TRAFFIC_LIMITS: '{"failedRequestLogsPerSecond": 1}' });
  const client = await openSocket(balancer.port);
  for (let i = 0; i < 100; i++) {
    const responded = receivedUntil(client, '}\n');
    client.write(get(`/${i}`));
    expect(await responded).toMatch(/^HTTP\/1\.1 503 /);
  }
  client.destroy();
  balancer.process.child.kill('SIGTERM');
  const { msg } = await balancer.process.logged('suppressed');
  const [, suppressed] = /^suppressed (\d+) lines about failed requests in the last \d+ s \(503: \1\)$/.exec(msg!)!;
  const written = balancer.process.lines.filter((line) => line.msg === 'request');
  expect(written.length + Number(suppressed)).toBe(100);
  expect(written[0]).toMatchObject({ path: '/0', status: 503 });
});
