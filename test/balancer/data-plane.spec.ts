import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { backendIn, startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, received, receivedUntil, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

interface Metrics {
  fleet: { requests: number; unplaced: number; retries: number; inFlight: number };
  backends: { id: string; state: string; requests: number; errors: number; inFlight: number; totals: object }[];
}

async function metricsOf({ control }: Balancer): Promise<Metrics> {
  return (await (await fetch(`${control}/api/v1/metrics`)).json()) as Metrics;
}

/** No exchange is left behind: every reservation was given back. */
async function settled(balancer: Balancer): Promise<void> {
  await until('nothing to be in flight', async () => (await metricsOf(balancer)).fleet.inFlight === 0);
}

const GET = 'GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n';

describe('headers', () => {
  it('says who the client is, and believes nobody it was not told to trust', async () => {
    const balancer = await startBalancer();
    let seen: IncomingMessage | undefined;
    const { port } = await httpUpstream((request, response) => {
      seen = request;
      response.end();
    });
    await join(balancer, 'a', port);
    await sendRaw(
      balancer.port,
      'GET /path?q=1 HTTP/1.1\r\nHost: example.org:80\r\nConnection: close, X-Private\r\nX-Private: secret\r\n' +
        'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\nCompute: 999\r\nStorage: 999\r\n' +
        'Fairlead-Demand: compute=9\r\nKeep-Alive: x\r\nTE: trailers, gzip\r\nProxy-Authorization: Basic x\r\nVia: 1.1 before\r\n' +
        'X-Kept: 1\r\nX-Kept: 2\r\n\r\n',
    );
    expect(seen?.url).toBe('/path?q=1');
    expect(seen?.headers).toMatchObject({
      host: 'example.org:80',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'example.org:80',
      forwarded: 'for=127.0.0.1;host="example.org:80";proto=http',
      'x-kept': '1, 2',
      te: 'trailers',
      compute: '1',
      storage: '1',
      'fairlead-demand': 'compute=1, storage=1',
    });
    expect(seen?.headers.via).toMatch(/^1\.1 before, 1\.1 fairlead-[0-9a-f]{8}$/);
    expect(seen?.rawHeaders).toContain('X-Kept');
    for (const gone of ['x-private', 'keep-alive', 'proxy-authorization'])
      expect(seen?.headers).not.toHaveProperty(gone);
  });

  it('continues what a trusted client says, and takes its demand', async () => {
    const balancer = await startBalancer({ TRUSTED_CLIENTS: 'loopback' });
    let seen: IncomingMessage | undefined;
    const { port } = await httpUpstream((request, response) => {
      seen = request;
      response.end();
    });
    await join(balancer, 'a', port);
    await sendRaw(
      balancer.port,
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: https\r\n' +
        'X-Forwarded-Host: front\r\nForwarded: for=10.1.1.1\r\nCompute: 3\r\nStorage: 1.5\r\n\r\n',
    );
    expect(seen?.headers).toMatchObject({
      'x-forwarded-for': '10.1.1.1, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'front',
      forwarded: 'for=10.1.1.1, for=127.0.0.1;host=h;proto=http',
      compute: '3',
      storage: '1.5',
    });
    expect((await metricsOf(balancer)).backends[0].totals).toEqual({ compute: 3, storage: 1.5 });
    for (const header of ['Compute: lots', 'Compute: -1', 'Fairlead-Demand: gpu=1', 'Fairlead-Demand: compute=1e9']) {
      const answer = await sendRaw(
        balancer.port,
        `GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${header}\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toMatch(/must (be a number|look like)/);
    }
  });

  it("strips a response's hop-by-hop headers and its cost report, and keeps the rest in order", async () => {
    const balancer = await startBalancer();
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 200 Fine\r\nSet-Cookie: a=1\r\nX-Hop: 1\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=99\r\n' +
            'endpoint-load-metrics: JSON {"request_cost":{"compute":1}}\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok',
        ),
      ),
    );
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, GET);
    const [head, body] = answer.split('\r\n\r\n');
    expect(body).toBe('ok');
    expect(head).toMatch(
      /^HTTP\/1\.1 200 Fine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\nVia: 1\.1 fairlead-/,
    );
    expect(head).toMatch(/\r\nConnection: close/);
    expect(head).not.toMatch(/X-Hop|timeout=99|endpoint-load-metrics/);
  });
});

describe('framing', () => {
  it('passes bodies both ways, by length and in chunks, byte by byte the same', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((request, response) => {
      if (request.headers['x-chunked'] === undefined) {
        response.setHeader('content-length', request.headers['content-length'] ?? 0);
      }
      request.pipe(response);
    });
    await join(balancer, 'a', port);
    const body = randomBytes(3_000_000);
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const sized = await fetch(balancer.url, { method, body });
      expect(digest(await sized.bytes()), method).toBe(digest(body));
      const chunked = await fetch(balancer.url, {
        method,
        headers: { 'x-chunked': '1' },
        body: new Blob([body]).stream(),
        duplex: 'half',
      });
      expect(digest(await chunked.bytes()), method).toBe(digest(body));
    }
    await settled(balancer);
  });

  it('answers HEAD, 204 and 304 without a body, and keeps the connection in step', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 1234 }).end();
      else if (request.url === '/204') response.writeHead(204).end();
      else if (request.url === '/304') response.writeHead(304, { etag: '"x"' }).end();
      else response.end('last');
    });
    await join(balancer, 'a', port);
    const answer = await sendRaw(
      balancer.port,
      ['HEAD /', 'GET /204', 'GET /304'].map((line) => `${line} HTTP/1.1\r\nHost: h\r\n\r\n`).join('') +
        'GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['200', '204', '304', '200'].map((status) => `HTTP/1.1 ${status}`));
    expect(answer).toMatch(/content-length: 1234\r\n/i);
    expect(answer.endsWith('last')).toBe(true);
  });

  it('passes trailers both ways', async () => {
    const balancer = await startBalancer();
    let received: NodeJS.Dict<string> = {};
    const { port } = await httpUpstream((request, response) => {
      request.resume().on('end', () => {
        received = request.trailers;
        response.writeHead(200, { trailer: 'X-Sum' });
        response.write('body');
        response.addTrailers({ 'X-Sum': '42' });
        response.end();
      });
    });
    await join(balancer, 'a', port);
    const answer = await sendRaw(
      balancer.port,
      'POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-In\r\n\r\n' +
        '3\r\nabc\r\n0\r\nX-In: yes\r\nHost: evil\r\n\r\n',
    );
    expect(received).toEqual({ 'x-in': 'yes' });
    expect(answer).toMatch(/4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n$/);
  });

  it('lets the backend decide about Expect: 100-continue', async () => {
    const balancer = await startBalancer();
    const { port } = await tcpUpstream((socket) => {
      socket.on('data', (bytes) => {
        const text = bytes.toString();
        if (text === 'hello') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
        else if (!/expect: 100-continue/i.test(text)) socket.destroy();
        else if (text.includes('/refuse')) socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
        else socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      });
    });
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    expect(await receivedUntil(socket, '\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    expect(await receivedUntil(socket, 'hello')).toMatch(/^HTTP\/1\.1 200 OK/);

    const refused = await openSocket(balancer.port);
    refused.write('POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    expect(await receivedUntil(refused, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('passes early hints', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.end('done'));
    });
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, GET);
    expect(answer).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/i);
  });

  it('takes the authority of an absolute-form target for the host', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((request, response) => response.end(`${request.headers.host} ${request.url}`));
    await join(balancer, 'a', port);
    const answer = await sendRaw(
      balancer.port,
      'GET http://real.example/a?b HTTP/1.1\r\nHost: ignored\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/real\.example \/a\?b/);
  });

  it('speaks HTTP/1.0 with those who do', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((_, response) => {
      response.write('in ');
      response.end('parts');
    });
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/\r\n\r\nin parts$/);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  it.each([
    [
      'a length and a coding',
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    ['a length that is none', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc'],
    ['a space before a colon', 'GET / HTTP/1.1\r\nHost : h\r\n\r\n'],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['noise', '\x16\x03\x01\x02\r\n\r\n'],
    ['a bad chunk size', 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('refuses %s with 400', async (_, bytes) => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((request, response) => {
      request.resume();
      response.end();
    });
    await join(balancer, 'a', port);
    expect(await sendRaw(balancer.port, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(balancer.url)).status).toBe(200);
    await settled(balancer);
  });

  it('refuses CONNECT and TRACE, and a head that is too large', async () => {
    const balancer = await startBalancer();
    expect(await sendRaw(balancer.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')).toMatch(/^HTTP\/1\.1 405 /);
    expect(await sendRaw(balancer.port, 'TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/ 405 /);
    const large = `GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await sendRaw(balancer.port, large)).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('upgrades', () => {
  const upgrade = (protocol: string) =>
    `GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13\r\n` +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

  async function echoUpstream() {
    const server = await httpUpstream((_, response) => response.end('no upgrade'));
    server.on('upgrade', (request, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
      );
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    return server;
  }

  it.each(['websocket', 'custom/1'])(
    'passes %s through, and gives the reservation back at its end',
    async (protocol) => {
      const balancer = await startBalancer();
      await join(balancer, 'a', (await echoUpstream()).port);
      const socket = await openSocket(balancer.port);
      socket.write(upgrade(protocol));
      const head = await receivedUntil(socket, '\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
      expect(head.toLowerCase()).toContain(`upgrade: ${protocol}`);
      socket.write('ping-pong');
      expect(await receivedUntil(socket, 'ping-pong')).toBe('ping-pong');
      expect((await metricsOf(balancer)).fleet.inFlight).toBe(1);
      socket.destroy();
      await settled(balancer);
    },
  );

  it('turns to another backend when one refuses, and says 503 when all do', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin', RECHECK_MIN_SECONDS: '0.1' });
    const gone = await httpUpstream((_, response) => response.end());
    await join(balancer, 'gone', gone.port);
    await join(balancer, 'here', (await echoUpstream()).port);
    gone.closeAllConnections();
    gone.close();
    for (let i = 0; i < 4; i++) {
      const socket = await openSocket(balancer.port);
      socket.write(upgrade('websocket'));
      expect(await receivedUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 101 /);
    }
    await fetch(`${balancer.control}/api/v1/backends/here/drain`, { method: 'POST' });
    expect(await sendRaw(balancer.port, upgrade('websocket'))).toMatch(/^HTTP\/1\.1 503 /);
  });

  it('serves a request for HTTP/2 in clear text as if it had asked for nothing', async () => {
    const balancer = await startBalancer();
    await join(balancer, 'a', (await echoUpstream()).port);
    const answer = await sendRaw(
      balancer.port,
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n',
    );
    expect(answer).toMatch(/no upgrade$/);
  });
});

describe('failing backends', () => {
  it('answers 503 with Retry-After when there is none', async () => {
    const response = await fetch((await startBalancer()).url);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ statusCode: 503, error: 'Service Unavailable' });
  });

  it('turns to another when one refuses, for any method, and takes it out of traffic', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin', PING_ACK_INTERVAL_SECONDS: '1000' });
    const gone = await httpUpstream((_, response) => response.end());
    const here = await httpUpstream((request, response) => void request.pipe(response));
    await join(balancer, 'gone', gone.port);
    await join(balancer, 'here', here.port);
    gone.closeAllConnections();
    gone.close();
    await once(gone, 'close');
    for (let i = 0; i < 20; i++) {
      const response = await fetch(balancer.url, { method: 'POST', body: `body ${i}` });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(`body ${i}`);
    }
    await backendIn(balancer.control, 'gone', 'down');
    const { fleet, backends } = await metricsOf(balancer);
    expect(fleet.requests).toBe(20);
    expect(fleet.retries).toBeGreaterThan(0);
    expect(backends.find(({ id }) => id === 'gone')?.errors).toBe(fleet.retries);
    await settled(balancer);
  });

  it('sends a GET again after a reset, and a POST never', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin', RECHECK_MIN_SECONDS: '0.01' });
    let resets = 0;
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => {
        resets++;
        socket.resetAndDestroy();
      }),
    );
    let posts = 0;
    const here = await httpUpstream((request, response) => {
      if (request.method === 'POST') posts++;
      response.end('here');
    });
    await join(balancer, 'reset', port);
    await join(balancer, 'here', here.port);
    for (let i = 0; i < 6; i++) {
      await backendIn(balancer.control, 'reset', 'up');
      expect((await fetch(balancer.url)).status).toBe(200);
    }
    expect(resets).toBeGreaterThan(0);

    resets = 0;
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      await backendIn(balancer.control, 'reset', 'up');
      statuses.push((await fetch(balancer.url, { method: 'POST', body: 'once' })).status);
    }
    expect(statuses.filter((status) => status === 502)).toHaveLength(resets);
    expect(posts + resets).toBe(6);
    expect(resets).toBeGreaterThan(0);
    await settled(balancer);
  });

  it('turns a GET to another backend when one hangs, and answers 504 at the deadline when none is left', async () => {
    const balancer = await startBalancer({
      CONNECT_TIMEOUT_SECONDS: '0.2',
      ATTEMPT_TIMEOUT_SECONDS: '0.3',
      REQUEST_TIMEOUT_SECONDS: '1',
    });
    const { port } = await tcpUpstream(() => {});
    await join(balancer, 'hangs', port);
    const alone = await fetch(balancer.url);
    expect(alone.status).toBe(504);
    expect(await alone.json()).toMatchObject({ message: expect.stringMatching(/^no answer within \d+ ms$/) });
    expect((await fetch(balancer.url, { method: 'POST', body: 'x' })).status).toBe(504);

    const here = await httpUpstream((_, response) => response.end('here'));
    await join(balancer, 'here', here.port, { resources: { compute: 1, storage: 1 } });
    await backendIn(balancer.control, 'hangs', 'up');
    const response = await fetch(balancer.url);
    expect(await response.text()).toBe('here');
    await settled(balancer);
  });

  it('shows a truncated answer as truncated', async () => {
    const balancer = await startBalancer();
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', (head) => {
        if (head.includes('/length')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
        else socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
      }),
    );
    await join(balancer, 'a', port);
    for (const path of ['/length', '/chunked']) {
      await backendIn(balancer.control, 'a', 'up');
      const answer = await sendRaw(balancer.port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      expect(answer, path).toMatch(/^HTTP\/1\.1 200 OK[^]*half/);
      expect(answer, path).not.toMatch(/\r\n0\r\n/);
      await backendIn(balancer.control, 'a', 'up');
      const response = await fetch(balancer.url + path);
      await expect(response.text(), path).rejects.toThrow();
    }
    expect((await metricsOf(balancer)).backends[0].errors).toBe(4);
    await settled(balancer);
  });

  it.each([
    ['junk', 'no http at all\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and a coding', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a strange coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['nothing', ''],
  ])('answers 502 when the backend answers %s', async (_, bytes) => {
    const balancer = await startBalancer();
    const { port } = await tcpUpstream((socket) => socket.once('data', () => socket.end(bytes)));
    await join(balancer, 'a', port);
    expect((await fetch(balancer.url, { method: 'POST', body: 'x' })).status).toBe(502);
    await settled(balancer);
  });

  it('cuts an answer that stands still', async () => {
    const balancer = await startBalancer({ STREAM_IDLE_TIMEOUT_SECONDS: '0.2' });
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')),
    );
    await join(balancer, 'a', port);
    await expect((await fetch(balancer.url)).text()).rejects.toThrow();
    await settled(balancer);
  });

  it('answers 504 to a client that stops in the middle of its body', async () => {
    const balancer = await startBalancer({ STREAM_IDLE_TIMEOUT_SECONDS: '0.2' });
    const { port } = await httpUpstream((request, response) => request.resume().on('end', () => response.end()));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf');
    expect(await receivedUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 504 /);
    await settled(balancer);
  });

  it('508s a request that comes back to the balancer', async () => {
    const balancer = await startBalancer();
    // A relay in between, so that the address does not give the loop away.
    const relay = await tcpUpstream((socket) => {
      const onward = connect(balancer.port, '127.0.0.1');
      onward.on('error', () => {});
      socket.pipe(onward).pipe(socket);
    });
    await join(balancer, 'loop', relay.port);
    expect((await fetch(balancer.url)).status).toBe(508);
  });
});

describe('clients that go away', () => {
  it('ends what the backend does for them, and blames nobody', async () => {
    const balancer = await startBalancer();
    let aborted = 0;
    const { port } = await httpUpstream((request, response) => {
      response.on('close', () => aborted++);
      if (request.url === '/begun') response.write('some');
    });
    await join(balancer, 'a', port);
    for (const path of ['/silent', '/begun']) {
      const socket = await openSocket(balancer.port);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      if (path === '/begun') await receivedUntil(socket, 'some');
      else await until('it to be in flight', async () => (await metricsOf(balancer)).fleet.inFlight === 1);
      socket.destroy();
      await settled(balancer);
    }
    await until('the backend to see both aborts', () => aborted === 2);
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0, requests: 2 });
    const { requests } = (await (await fetch(`${balancer.control}/api/v1/requests`)).json()) as {
      requests: { status: number; path: string }[];
    };
    expect(requests.map(({ status, path }) => [path, status])).toEqual([
      ['/begun', 200],
      ['/silent', 499],
    ]);
  });

  it('does not read further than a slow client does', async () => {
    const balancer = await startBalancer();
    let sent = 0;
    const total = 200 * 1024 * 1024;
    const { port } = await httpUpstream((_, response) => {
      response.writeHead(200, { 'content-length': total });
      const chunk = Buffer.alloc(64 * 1024);
      const send = () => {
        while (sent < total) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', send);
        }
        response.end();
      };
      send();
    });
    await join(balancer, 'a', port);
    const request = httpRequest(balancer.url).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    let before = -1;
    await until('the backend to be held up', async () => {
      const isStill = sent === before;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isStill;
    });
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    let read = 0;
    for await (const chunk of response) read += (chunk as Buffer).length;
    expect(read).toBe(total);
  });
});

describe('shutdown', () => {
  it('finishes what is in flight, accepts nobody, and exits with 0', async () => {
    const balancer = await startBalancer();
    const release: (() => void)[] = [];
    const { port } = await httpUpstream((_, response) => release.push(() => response.end('finished')));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('the request to be there', () => release.length === 1);
    const stopped = balancer.process.stop('SIGTERM');
    await balancer.process.logged('shutting down');
    await expect(fetch(balancer.url)).rejects.toThrow();
    const answer = received(socket);
    release[0]();
    expect(await answer).toMatch(/finished$/);
    expect(await stopped).toBe(0);
    expect(balancer.process.stderr).toBe('');
  });
});
