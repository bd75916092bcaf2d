// What once brought the balancer down, made it hang, or made it blame the wrong one.
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { openSocket, received, receivedUntil, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

const GET = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

describe('requests that are strange', () => {
  it.each([
    ['a trailer announced without a body', 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTrailer: X\r\n\r\n', 200],
    [
      'a trailer announced beside a length',
      'PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTrailer: X\r\nContent-Length: 2\r\n\r\nab',
      200,
    ],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', 400],
    [
      'a coding that is not understood',
      'POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      501,
    ],
    ['a question to the server as a whole', 'OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n', 204],
    [
      'names that objects are born with',
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nconstructor: 1\r\n__proto__: 2\r\ntoString: 3\r\n\r\n',
      200,
    ],
  ])('takes %s', async (_, bytes, status) => {
    const balancer = await startBalancer();
    const names: string[] = [];
    const { port } = await httpUpstream((request, response) => {
      names.push(...request.rawHeaders);
      request.resume().on('end', () => response.end());
    });
    await join(balancer, 'a', port);
    expect(await sendRaw(balancer.port, bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0 });
    if (bytes.includes('__proto__'))
      expect(names).toEqual(expect.arrayContaining(['constructor', '1', '__proto__', '2']));
    expect(names.filter((text) => text.includes('native code'))).toEqual([]);
    await settled(balancer);
  });

  it.each([
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a refused upgrade', 'GET ftp://x/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['a request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('outlives a reset right after %s', async (_, bytes) => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((_request, response) => response.end());
    await join(balancer, 'a', port);
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

  it('answers a client that only reads when it has sent everything', async () => {
    const balancer = await startBalancer();
    const socket = await openSocket(balancer.port);
    const megabytes = 20;
    socket.write(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${megabytes * 1e6}\r\n\r\n`);
    for (let i = 0; i < megabytes; i++) {
      await new Promise((resolve) => socket.write(Buffer.alloc(1e6), resolve));
    }
    const answer = receivedUntil(socket, '\r\n\r\n');
    socket.write(GET);
    expect(await answer).toMatch(/^HTTP\/1\.1 503 /);
  });
});

describe('answers that are strange', () => {
  it.each([
    ['a control character in its reason', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n', GET, 502],
    ['a status that is none', 'HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n', GET, 502],
    ['a trailer beside a length', 'HTTP/1.1 200 OK\r\nTrailer: X\r\nContent-Length: 0\r\n\r\n', GET, 200],
    ['a trailer on 204', 'HTTP/1.1 204 No\r\nTrailer: X\r\n\r\n', GET, 204],
    [
      'a trailer to HEAD',
      'HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n',
      GET.replace('GET', 'HEAD'),
      200,
    ],
    [
      'a trailer to a client of 1.0',
      'HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\n\r\n',
      'GET / HTTP/1.0\r\nHost: h\r\n\r\n',
      200,
    ],
    [
      'a switch of protocols nobody asked for',
      'HTTP/1.1 101 SP\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      GET,
      502,
    ],
  ])('outlives %s', async (_, answer, request, status) => {
    const balancer = await startBalancer();
    const { port } = await tcpUpstream((socket) => socket.on('data', () => socket.write(answer, 'latin1')));
    await join(balancer, 'a', port);
    expect(await sendRaw(balancer.port, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    await settled(balancer);
    expect((await fetch(`${balancer.control}/health/live`)).status).toBe(200);
  });

  it('sends no interim answer to a client of 1.0', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.end('done'));
    });
    await join(balancer, 'a', port);
    expect(await sendRaw(balancer.port, 'GET / HTTP/1.0\r\nHost: h\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('cuts a client that does not read, and does not blame its backend', async () => {
    const balancer = await startBalancer({ STREAM_IDLE_TIMEOUT_SECONDS: '0.3' });
    const { port } = await httpUpstream((_, response) => response.end(Buffer.alloc(50_000_000)));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await once(socket, 'readable');
    await settled(balancer);
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0 });
  });
});

describe('upgrades that fail', () => {
  const UPGRADE = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const SWITCH =
    'HTTP/1.1 101 SP\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nendpoint-load-metrics: TEXT a=1\r\n\r\n';

  it('writes nothing of its own into an upgraded connection', async () => {
    const balancer = await startBalancer();
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => socket.write(`${SWITCH}HELLO`, () => setTimeout(() => socket.resetAndDestroy(), 50))),
    );
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, UPGRADE);
    expect(answer).toMatch(/\r\n\r\nHELLO$/);
    expect(answer).toMatch(/\r\nVia: 1\.1 fairlead-/);
    expect(answer).not.toMatch(/endpoint-load-metrics/);
    await settled(balancer);
  });

  it('lets the backend go when the client is reset, and the client when the backend ends', async () => {
    const balancer = await startBalancer();
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
    await until('the backend to be let go', () => open === 0);
    await settled(balancer);

    const ended = await openSocket(balancer.port);
    ended.write(UPGRADE.replace('GET /', 'GET /end'));
    await received(ended);
    await settled(balancer);
  });

  it('passes a refusal on by the rules, and counts a backend that hangs up', async () => {
    const balancer = await startBalancer();
    const refusal = 'HTTP/1.1 403 No\r\nContent-Length: 6\r\nendpoint-load-metrics: TEXT a=1\r\n\r\nnot me';
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', (bytes) => (bytes.includes('/hang-up') ? socket.end() : socket.write(refusal))),
    );
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, UPGRADE);
    expect(answer).toMatch(/^HTTP\/1\.1 403 No\r\nContent-Length: 6\r\nVia: [^]*\r\n\r\nnot me$/);
    expect(answer).not.toMatch(/endpoint-load-metrics/);
    // A GET may be repeated: the backend is asked MAX_ATTEMPTS times, and the client may ask again.
    expect(await sendRaw(balancer.port, UPGRADE.replace('GET /', 'GET /hang-up'))).toMatch(/^HTTP\/1\.1 503 /);
    await backendIn(balancer.control, 'a', 'up');
    expect((await metricsOf(balancer)).backends[0].errors).toBeGreaterThanOrEqual(1);
    await settled(balancer);
  });
});

describe('shutdown among the idle', () => {
  it('waits for nobody who only holds a connection', async () => {
    const balancer = await startBalancer({ SHUTDOWN_TIMEOUT_SECONDS: '60' });
    const silent = await openSocket(balancer.port);
    const half = await openSocket(balancer.port);
    half.write('GET / HT');
    const control = await openSocket(Number(new URL(balancer.control).port));
    control.write('POST /api/v1/backends HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{');
    expect(await balancer.process.stop('SIGTERM')).toBe(0);
    for (const socket of [silent, half, control]) await until('it to be closed', () => socket.destroyed);
  });

  it('says that a connection ends, and sends the last answer whole', async () => {
    const balancer = await startBalancer();
    const total = 3_980_000;
    const release: (() => void)[] = [];
    const { port } = await httpUpstream((_, response) => release.push(() => response.end(Buffer.alloc(total, 'x'))));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('the request to be there', () => release.length === 1);
    const stopped = balancer.process.stop('SIGTERM');
    await balancer.process.logged('shutting down');
    release[0]();
    await once(socket, 'readable');
    const answer = await received(socket);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(total);
    expect(await stopped).toBe(0);
  });
});

describe('shutdown in the middle of a row of requests', () => {
  it.each(['on', 'off'])('begins none behind the answer that was said to be the last (FAST_LANE=%s)', async (lane) => {
    // A thread hears of the shutdown a moment after it is logged.
    const balancer = await startBalancer({ FAST_LANE: lane, DATA_PLANE_THREADS: '0' });
    const seen: (string | undefined)[] = [];
    let release = () => {};
    const { port } = await httpUpstream((request, response) => {
      seen.push(request.url);
      release = () => response.end('answered');
    });
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
    client.write(get('/1') + get('/2') + get('/3'));
    await until('the first to be there', () => seen.length === 1);
    const stopped = balancer.process.stop('SIGTERM');
    await balancer.process.logged('shutting down');
    release();
    const answers = await received(client);
    expect(answers).toMatch(/\r\nConnection: close\r\n/i);
    expect(answers.split('HTTP/1.1 ')).toHaveLength(2);
    expect(await stopped).toBe(0);
    expect(seen).toEqual(['/1']);
  });
});

describe('a connection with more requests than are served', () => {
  it.each(['on', 'off'])('is not read on, and is served to the end all the same (FAST_LANE=%s)', async (lane) => {
    const balancer = await startBalancer({ FAST_LANE: lane, DATA_PLANE_THREADS: '0' });
    let letGo = () => {};
    let served = 0;
    const { port } = await httpUpstream((request, response) => {
      served++;
      if (request.url === '/hangs') letGo = () => response.end('at last');
      else response.end('right');
    });
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    let text = '';
    client.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
    client.write('GET /hangs HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('it to hang', () => served === 1);
    const behind = 4000;
    // More than the system takes in by itself on both sides.
    client.write(`GET / HTTP/1.1\r\nHost: h\r\nX-Pad: ${'x'.repeat(6000)}\r\n\r\n`.repeat(behind));
    let before = -1;
    await until('it to be read no further', async () => {
      const isStill = client.writableLength > 0 && client.bytesWritten - client.writableLength === before;
      before = client.bytesWritten - client.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return isStill;
    });
    expect(served).toBe(1);
    letGo();
    await until('all to be answered', () => text.split('right').length === behind + 1);
    expect(served).toBe(behind + 1);
  });
});

describe('an answer that makes the registry look at the fleet', () => {
  it('gets nobody else into its bytes: others are moved in that very moment, and all are answered rightly', async () => {
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
    // Open connections, so that whoever is moved is sent at once.
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
