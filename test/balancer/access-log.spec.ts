// The access log: what a line says about a request, in every lane, and what it never says.
import type { AccessRecord, RequestRecord } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { chunked, get, head, lastGet, request, upgradeTo } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { launch, startBalancer, until } from '../support/processes.js';
import { openSocket, received, receivedUntil, sendRaw } from '../support/raw-client.js';
import { openSecure, startSecureBalancer } from '../support/tls.js';
import { echoUpstream, httpUpstream, join } from '../support/upstreams.js';

/** It is in the requests, and must not be in any line. */
const SECRET = 'sEcReT';
const CREDENTIALS = [`Authorization: Bearer ${SECRET}`, `Cookie: a=${SECRET}`, `X-Api-Key: ${SECRET}`];
/** What a client may send to change colours or to forge a line: C1 controls, quotes, a backslash. */
const USER_AGENT = 'agent/1 (\x9b31m\x85) "x" \\n';
const LINES = [`User-Agent: ${USER_AGENT}`, ...CREDENTIALS];

describe('a line of the access log', () => {
  const fleet = shared(async (atEnd) => {
    const balancer = await startBalancer({ ACCESS_LOG: 'all', DEMAND_SOURCE: 'unit' }, atEnd);
    const letGo: (() => void)[] = [];
    const backend = await httpUpstream((incoming, response) => {
      incoming.resume();
      incoming.once('end', () => {
        if (!incoming.url?.startsWith('/slow')) response.end('response');
        else {
          response.write('first');
          letGo.push(() => response.end('last'));
        }
      });
    }, atEnd);
    const echo = await echoUpstream(atEnd);
    backend.on('upgrade', (incoming, socket, early) => echo.emit('upgrade', incoming, socket, early));
    await join(balancer, 'a', backend.port);
    return { balancer, letGo };
  });

  /** The line about the request with this path, and its record in the API. */
  async function loggedOf(path: string): Promise<{ line: AccessRecord; record: RequestRecord }> {
    const { balancer } = fleet.current;
    const find = () => balancer.process.lines.find((line) => line.path === path) as AccessRecord | undefined;
    await until(`a line about ${path}`, () => find() !== undefined);
    const { requests } = (await (await fetch(`${balancer.control}/api/v1/requests`)).json()) as {
      requests: RequestRecord[];
    };
    return { line: find()!, record: requests.find((one) => one.path === path)! };
  }

  it.each([
    ['GET', 'HTTP/1.1', '/fast', lastGet(`/fast?token=${SECRET}`, ...LINES)],
    [
      'POST',
      'HTTP/1.1',
      '/body',
      request('POST', '/body', [`Content-Length: ${SECRET.length}`, 'Connection: close', ...LINES], SECRET),
    ],
    ['GET', 'HTTP/1.1', '/full', lastGet(`/full?${SECRET}`, 'TE: trailers', ...LINES)],
    [
      'POST',
      'HTTP/1.1',
      '/chunked',
      request(
        'POST',
        '/chunked',
        ['Transfer-Encoding: chunked', 'Connection: close', ...LINES],
        chunked([SECRET, 'b']),
      ),
    ],
    ['GET', 'HTTP/1.0', '/old', head('GET /old HTTP/1.0', ['Host: example.org', ...LINES])],
  ])('says what was asked and sent (%s in %s to %s)', async (method, protocol, path, sent) => {
    const text = await sendRaw(fleet.current.balancer.port, sent);
    const { line, record } = await loggedOf(path);
    expect(line).toMatchObject({
      client: '127.0.0.1',
      method,
      host: 'example.org',
      path,
      protocol,
      status: 200,
      bytesIn: sent.length,
      bytesOut: text.length,
      backend: 'a',
      attempts: 1,
      demand: { compute: 1, storage: 1 },
      requestId: /^x-request-id: (.*)$/im.exec(text)?.[1],
      userAgent: USER_AGENT,
    });
    expect(line.firstByteMs).toBeGreaterThan(0);
    expect(line.firstByteMs).toBeLessThanOrEqual(line.durationMs);
    expect(Date.parse(line.at)).not.toBeNaN();
    expect(line).toMatchObject(record);
    expect(JSON.stringify([line, record])).not.toContain(SECRET);
  });

  it('counts both directions of an upgraded connection, but not what it served before', async () => {
    const socket = await openSocket(fleet.current.balancer.port);
    const before = receivedUntil(socket, 'response');
    socket.write(get('/before', 'TE: trailers'));
    await before;
    const all = received(socket);
    const sent = `${upgradeTo('echo', '/upgrade').replace('\r\n\r\n', `\r\n${LINES.join('\r\n')}\r\n\r\n`)}early`;
    const echoed = receivedUntil(socket, 'early');
    socket.write(sent, 'latin1');
    await echoed;
    socket.end('late');
    const text = await all;
    expect(text).toMatch(/^HTTP\/1\.1 101 [^]*earlylate$/);
    const { line, record } = await loggedOf('/upgrade');
    expect(line).toMatchObject({
      status: 101,
      protocol: 'HTTP/1.1',
      host: 'example.org',
      userAgent: USER_AGENT,
      bytesIn: sent.length + 'late'.length,
      bytesOut: text.length,
    });
    expect(line).toMatchObject(record);
  });

  it.each([
    ['fast', []],
    ['full', ['TE: trailers']],
  ])('distinguishes the first byte of a response from its end (%s lane)', async (lane, more) => {
    const { balancer, letGo } = fleet.current;
    const socket = await openSocket(balancer.port);
    const all = received(socket);
    const first = receivedUntil(socket, 'first');
    socket.write(lastGet(`/slow-${lane}`, ...more));
    await first;
    letGo.pop()!();
    const text = await all;
    const { line } = await loggedOf(`/slow-${lane}`);
    expect(line.firstByteMs).toBeGreaterThan(0);
    expect(line.firstByteMs).toBeLessThan(line.durationMs);
    expect(line.bytesOut).toBe(text.length);
  });

  it('has the version of TLS, and counts bytes before encryption', async () => {
    const balancer = await startSecureBalancer();
    await join(balancer, 'a', (await echoUpstream()).port);
    const messages = [lastGet('/tls'), lastGet('/tls', 'TE: trailers'), upgradeTo('echo', '/tls')];
    const sizes = [];
    for (const message of messages) {
      const socket = await openSecure(balancer);
      const all = received(socket);
      const head = receivedUntil(socket, '\r\n\r\n');
      socket.write(message);
      await head;
      if (message === messages[2]) socket.end();
      sizes.push([message.length, (await all).length]);
    }
    const read = async () => {
      const response = await fetch(`${balancer.control}/api/v1/requests`);
      return ((await response.json()) as { requests: RequestRecord[] }).requests.toReversed();
    };
    await until('all requests to be in the log', async () => (await read()).length === messages.length);
    const records = await read();
    expect(records.map(({ tls }) => tls)).toEqual(['TLSv1.3', 'TLSv1.3', 'TLSv1.3']);
    expect(records.map(({ bytesIn, bytesOut }) => [bytesIn, bytesOut])).toEqual(sizes);
  });

  it('escapes characters that a terminal interprets', async () => {
    const running = launch('balancer', {
      LOG_FORMAT: 'pretty',
      DATA_PLANE_PORT: '0',
      CONTROL_PLANE_PORT: '0',
      DATA_PLANE_THREADS: '0',
      SWAGGER: 'false',
    });
    const { msg = '' } = await running.logged('data plane listening');
    const port = Number(/"port":(\d+)/.exec(msg)?.[1]);
    // Without a backend: a 503, which is logged by default.
    const text = await sendRaw(port, lastGet('/pretty', ...LINES));
    const { msg: line = '' } = await running.logged('/pretty');
    expect(line).toContain(String.raw`agent/1 (\u009b31m\u0085)`);
    expect(line).toContain(`"bytesOut":${text.length}`);
    expect(line).toContain('"firstByteMs":null,"backend":null,"attempts":0');
    for (const { msg: each = '' } of running.lines) {
      expect(each).not.toMatch(/[^\t\P{Cc}]/u);
      expect(each).not.toContain(SECRET);
    }
  });
});
