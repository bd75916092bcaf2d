import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { settled } from '../support/metrics.js';
import { startBalancer } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

const GET = 'GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n';

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

  it.each([
    ['1.1', 'HTTP/1.1\r\nHost: ignored\r\nConnection: close\r\n\r\n'],
    ['1.0, which needs no Host', 'HTTP/1.0\r\n\r\n'],
  ])('takes the authority of an absolute-form target for the host, of HTTP/%s', async (_, rest) => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((request, response) => response.end(`${request.headers.host} ${request.url}`));
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, `GET http://real.example/a?b ${rest}`);
    expect(answer).toMatch(/real\.example \/a\?b/);
  });

  it.each(['on', 'off'])(
    'passes on a request head as large as MAX_HEADER_BYTES allows (FAST_LANE=%s)',
    async (lane) => {
      const balancer = await startBalancer({ FAST_LANE: lane, MAX_HEADER_BYTES: '262144' });
      const long = 'x'.repeat(200_000);
      let seen = '';
      const { port } = await tcpUpstream((socket) => {
        socket.on('data', (bytes: Buffer) => {
          seen += bytes.toString('latin1');
          if (seen.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        });
      });
      await join(balancer, 'a', port);
      const head = `GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Long: ${long}\r\n\r\n`;
      const answer = await sendRaw(balancer.port, head);
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(seen).toContain(`X-Long: ${long}\r\n`);
    },
  );

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
