// Messages that once crashed the balancer, made it hang, or made it blame the wrong backend.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, lastGet, request, response, switchTo, upgradeTo } from '../support/http-text.js';
import { shared, type AtEnd } from '../support/lifetime.js';
import { metricsOf, settled } from '../support/metrics.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { openSocket, received, receivedUntil, sendRaw, stillAt } from '../support/raw-client.js';
import { emptyFleet, httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

/** A balancer that serves by a backend which reads the whole request, and the header lines that the backend has seen. */
async function serving(atEnd: AtEnd) {
  const seen: string[] = [];
  const balancer = await startBalancer({}, atEnd);
  const { port } = await httpUpstream((request, response) => {
    seen.push(...request.rawHeaders);
    request.resume().on('end', () => response.end());
  }, atEnd);
  await join(balancer, 'a', port);
  return { balancer, seen };
}

describe('strange requests', () => {
  const fleet = shared(serving);

  it.each([
    ['a trailer announced without a body', lastGet('/', 'Trailer: X'), 200],
    [
      'a trailer announced beside a length',
      request('PUT', '/', ['Connection: close', 'Trailer: X', 'Content-Length: 2'], 'ab'),
      200,
    ],
    ['two hosts', lastGet('/', 'Host: b'), 400],
    [
      'an unknown coding',
      request('POST', '/', ['Connection: close', 'Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'),
      501,
    ],
    ['an asterisk for a target', request('OPTIONS', '*', ['Connection: close']), 204],
  ])('a request with %s gets a response, and the backend is not blamed', async (_, bytes, status) => {
    const { balancer } = fleet.current;
    expect(await sendRaw(balancer.port, bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0 });
    await settled(balancer);
  });

  it('headers with the names of properties that all objects have are no others', async () => {
    const { balancer, seen } = fleet.current;
    const lines = ['constructor: 1', '__proto__: 2', 'toString: 3'];
    expect(await sendRaw(balancer.port, lastGet('/', ...lines))).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen).toEqual(expect.arrayContaining(['constructor', '1', 'toString', '3']));
    // UNDERSCORE_HEADERS=drop is the default.
    expect(seen).not.toContain('__proto__');
    expect(seen.filter((text) => text.includes('native code'))).toEqual([]);
  });

  it.each([
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a refused upgrade', upgradeTo('websocket', 'ftp://x/')],
    ['an upgrade', upgradeTo('websocket')],
    ['a request', get()],
  ])('the balancer survives a reset right after %s', async (_, bytes) => {
    const { balancer } = fleet.current;
    for (let i = 0; i < 10; i++) {
      const socket = connect(balancer.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(bytes, () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    expect((await fetch(balancer.url)).status).toBe(200);
    await settled(balancer);
  });

  it('a client that reads only when it has sent everything gets its response', async () => {
    const balancer = await startBalancer();
    const socket = await openSocket(balancer.port);
    const megabytes = 20;
    socket.write(request('PUT', '/', [`Content-Length: ${megabytes * 1e6}`]));
    for (let i = 0; i < megabytes; i++) {
      await new Promise((resolve) => socket.write(Buffer.alloc(1e6), resolve));
    }
    const answer = receivedUntil(socket, '\r\n\r\n');
    socket.write(lastGet());
    expect(await answer).toMatch(/^HTTP\/1\.1 503 /);
  });
});

/** Each test of these finds no backend. */
const idle = shared((atEnd) => startBalancer({}, atEnd));

describe('strange responses', () => {
  beforeEach(() => emptyFleet(idle.current));

  it.each([
    ['a control character in its reason', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n', lastGet(), 502],
    ['the status 000', 'HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n', lastGet(), 502],
    ['a trailer beside a length', response('', ['Trailer: X']), lastGet(), 200],
    ['a trailer on 204', 'HTTP/1.1 204 No\r\nTrailer: X\r\n\r\n', lastGet(), 204],
    [
      'a trailer to HEAD',
      'HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n',
      request('HEAD', '/', ['Connection: close']),
      200,
    ],
    [
      'a trailer to a client of 1.0',
      'HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\n\r\n',
      'GET / HTTP/1.0\r\nHost: h\r\n\r\n',
      200,
    ],
    ['a switch of protocols that was not asked for', switchTo('x'), lastGet(), 502],
  ])('the balancer survives a response with %s', async (_, answer, request, status) => {
    const balancer = idle.current;
    const { port } = await tcpUpstream((socket) => socket.on('data', () => socket.write(answer, 'latin1')));
    await join(balancer, 'a', port);
    expect(await sendRaw(balancer.port, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    await settled(balancer);
    expect((await fetch(`${balancer.control}/health/live`)).status).toBe(200);
  });

  it('a client of HTTP/1.0 gets no interim response', async () => {
    const balancer = idle.current;
    const { port } = await httpUpstream((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.end('done'));
    });
    await join(balancer, 'a', port);
    expect(await sendRaw(balancer.port, 'GET / HTTP/1.0\r\nHost: h\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('a client that does not read is cut, and its backend is not blamed', async () => {
    const balancer = await startBalancer({ STREAM_IDLE_TIMEOUT_SECONDS: '1' });
    const { port } = await httpUpstream((_, response) => response.end(Buffer.alloc(50_000_000)));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write(get());
    await once(socket, 'readable');
    await settled(balancer);
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0 });
  });
});

describe('upgrades that fail', () => {
  beforeEach(() => emptyFleet(idle.current));

  const UPGRADE = upgradeTo('websocket');
  const SWITCH = switchTo('websocket', 'endpoint-load-metrics: TEXT a=1');

  it('the balancer writes nothing of its own into an upgraded connection', async () => {
    const balancer = idle.current;
    let backend: Socket | undefined;
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => {
        backend = socket;
        socket.write(`${SWITCH}HELLO`);
      }),
    );
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    let text = '';
    client.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    const hello = receivedUntil(client, 'HELLO');
    client.write(UPGRADE);
    await hello;
    client.on('error', () => {});
    const closed = new Promise((resolve) => client.once('close', resolve));
    backend?.resetAndDestroy();
    await closed;
    expect(text).toMatch(/\r\n\r\nHELLO$/);
    expect(text).toMatch(/\r\nVia: 1\.1 fairlead-/);
    expect(text).not.toMatch(/endpoint-load-metrics/);
    await settled(balancer);
  });

  it('the connection to the backend ends when the client is reset, and that to the client when the backend ends', async () => {
    const balancer = idle.current;
    let open = 0;
    const { port } = await tcpUpstream((socket) => {
      socket.once('data', (bytes) => {
        open++;
        socket.on('close', () => open--);
        socket.write(SWITCH);
        if (bytes.includes('/end')) socket.end();
      });
    });
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write(UPGRADE);
    await receivedUntil(socket, '\r\n\r\n');
    socket.resetAndDestroy();
    await until('the connection to the backend to end', () => open === 0);
    await settled(balancer);

    const ended = await openSocket(balancer.port);
    ended.write(upgradeTo('websocket', '/end'));
    await received(ended);
    await settled(balancer);
  });

  it('a refusal is forwarded by the header rules, and a backend that hangs up counts as an error', async () => {
    const balancer = idle.current;
    const refusal = 'HTTP/1.1 403 No\r\nContent-Length: 6\r\nendpoint-load-metrics: TEXT a=1\r\n\r\nnot me';
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', (bytes) => (bytes.includes('/hang-up') ? socket.end() : socket.write(refusal))),
    );
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, UPGRADE);
    expect(answer).toMatch(
      /^HTTP\/1\.1 403 No\r\nContent-Length: 6\r\nX-Request-Id: [0-9a-f]{32}\r\nVia: [^]*\r\n\r\nnot me$/,
    );
    expect(answer).not.toMatch(/endpoint-load-metrics/);
    // A GET may be repeated: the backend is asked MAX_ATTEMPTS times, and the client may ask again.
    expect(await sendRaw(balancer.port, upgradeTo('websocket', '/hang-up'))).toMatch(/^HTTP\/1\.1 503 /);
    await backendIn(balancer.control, 'a', 'up');
    expect((await metricsOf(balancer)).backends[0].errors).toBeGreaterThanOrEqual(1);
    await settled(balancer);
  });
});

describe('a connection with many pipelined requests', () => {
  it.each(['on', 'off'])(
    'it is not read further while one waits, and is served to its end (FAST_LANE=%s)',
    async (lane) => {
      const balancer = await startBalancer({ FAST_LANE: lane, DATA_PLANE_THREADS: '0' });
      const held: ServerResponse[] = [];
      let served = 0;
      const { port } = await httpUpstream((request, response) => {
        served++;
        if (request.url === '/hangs') held.push(response);
        else response.end('right');
      });
      await join(balancer, 'a', port);
      const client = await openSocket(balancer.port);
      let text = '';
      client.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
      const requests = (count: number) => get('/', `X-Pad: ${'x'.repeat(6000)}`).repeat(count);
      client.write(get('/hangs'));
      await until('it to hang', () => held.length === 1);
      // More than the system takes in by itself on both sides, also once the first thousand are served.
      client.write(requests(1000) + get('/hangs') + requests(3000));
      for (const before of [0, 1001]) {
        await until('the next to hang', () => served === before + 1);
        await stillAt(balancer.port, () => client.bytesWritten - client.writableLength);
        expect(client.writableLength).toBeGreaterThan(0);
        expect(served).toBe(before + 1);
        held.pop()?.end('at last');
      }
      await until('all to get a response', () => text.split('right').length === 4001);
      expect(served).toBe(4002);
    },
  );
});

describe('a response that makes the registry look at the fleet', () => {
  it('it is not mixed with requests that are moved in that moment, and all responses are right', async () => {
    const balancer = await startBalancer({
      OUTLIER_CONSECUTIVE_5XX: '1',
      OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: '0',
      MAX_EJECTED_RATIO: '0',
      // In one thread the registry hears of it at once.
      DATA_PLANE_THREADS: '0',
    });
    let held = 0;
    const leaving = await httpUpstream(() => held++);
    await join(balancer, 'leaving', leaving.port);
    const body = 'x'.repeat(1000);
    const moved = Array.from({ length: 5 }, () => fetch(`${balancer.url}/slow`, { method: 'PUT', body }));
    await until('all to be held', () => held === 5);
    const failing = await httpUpstream((request, response) => {
      if (request.url === '/fails') response.statusCode = 500;
      response.end(request.url);
    });
    await join(balancer, 'failing', failing.port);
    await fetch(`${balancer.control}/api/v1/backends/leaving/drain?timeoutSeconds=1`, { method: 'POST' });
    // Open connections, so that a request that is moved is sent at once.
    await Promise.all(moved.map(async () => (await fetch(`${balancer.url}/opens`)).text()));
    const under = { way: moved.length };
    const all = Promise.all(moved.map((answer) => answer.finally(() => under.way--)));
    const seen = new Set<string>();
    while (under.way > 0) {
      const response = await fetch(`${balancer.url}/fails`);
      seen.add(`${response.status} ${await response.text()}`);
    }
    expect([...seen]).toEqual(['500 /fails']);
    expect((await all).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});
