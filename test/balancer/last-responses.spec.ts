// The last response on a connection reaches its client, whatever the client still sends (RFC 9112 §9.6); and a client that
// does not close its connection does not keep it.
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chunked, get, head, request, upgradeTo } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { settled } from '../support/metrics.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { httpUpstream, join } from '../support/upstreams.js';

/** More than one read of the balancer: some of it is unread when the refusal is sent. */
const MORE = 'x'.repeat(1_000_000);
const CHUNKED = 'Transfer-Encoding: chunked';

/** A refusal, by the bytes that cause it. */
const REFUSALS: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['a field line that is none', 'GET / HTTP/1.1\r\nno field\r\n\r\n', 400],
  ['two lengths', request('POST', '/', ['Content-Length: 5', 'Content-Length: 6'], 'hello'), 400],
  ['a chunk size that is none', request('POST', '/hold', [CHUNKED], 'zz\r\n'), 400],
  ['a head that is too large', get('/', `X: ${'x'.repeat(20_000)}`), 431],
  ['a version that is not supported', head('GET / HTTP/2.0', ['Host: h']), 505],
  ['a coding that is not supported', request('POST', '/', ['Transfer-Encoding: gzip, chunked'], chunked(['a'])), 501],
  ['CONNECT', head('CONNECT h:80 HTTP/1.1', ['Host: h']), 405],
  ['an upgrade of a target that is no path', upgradeTo('x', 'ftp://h/'), 400],
  ['a request after which the connection ends', get('/', 'Connection: close'), 200],
  ['an upgrade that the backend declines', upgradeTo('x'), 200],
];

/** A client that reads nothing until everything is sent, and does not close by itself. */
async function stubbornClient(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket.pause();
}

/** Sends everything, then reads to the end. @throws {Error} when the connection is reset. */
async function sendAllThenRead(port: number, bytes: string): Promise<string> {
  const socket = await stubbornClient(port);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(bytes, 'latin1', (error) => (error ? reject(error) : resolve()));
  });
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** Connections and listening sockets of a process. */
function sockets({ process: { pid } }: Balancer): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => isSocket(`/proc/${pid}/fd/${fd}`)).length;
}

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(descriptor).startsWith('socket:');
  } catch {
    // Closed meanwhile.
    return false;
  }
}

describe.each(['on', 'off'])('with the fast lane %s', (lane) => {
  const balancer = shared(async (atEnd) => {
    const started = await startBalancer({ FAST_LANE: lane }, atEnd);
    const upstream = await httpUpstream((incoming, response) => {
      if (incoming.url !== '/hold') response.end('served');
    }, atEnd);
    await join(started, 'a', upstream.port);
    return started;
  });

  it.each(REFUSALS)('a client that goes on sending gets the response to %s', async (_, bytes, status) => {
    expect(statusesIn(await sendAllThenRead(balancer.current.port, bytes + MORE))).toEqual([status]);
    await settled(balancer.current);
  });

  it.each(REFUSALS)('and those to the good requests before %s', async (_, bytes, status) => {
    const good = get('/one') + request('POST', '/two', ['Content-Length: 5'], 'hello');
    const text = await sendAllThenRead(balancer.current.port, good + bytes + MORE);
    expect(statusesIn(text)).toEqual([200, 200, status]);
  });

  it.runIf(process.platform === 'linux')('a client that ignores a 408 loses its connection', async () => {
    const impatient = await startBalancer({ FAST_LANE: lane, CLIENT_HEADER_TIMEOUT_SECONDS: '1' });
    const before = sockets(impatient);
    const clients = await Promise.all(Array.from({ length: 5 }, () => stubbornClient(impatient.port)));
    for (const client of clients) client.write('GET / HTTP/1.1\r\nHost:');
    await until('the balancer to have the connections', () => sockets(impatient) === before + clients.length);
    await until('the balancer to have closed them', () => sockets(impatient) === before, 12_000);
    expect(String(clients[0].read())).toMatch(/^HTTP\/1\.1 408 /);
  });
});
