import { createHash, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { chunked, get, lastGet, request, response } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { settled } from '../support/metrics.js';
import { startBalancer } from '../support/processes.js';
import { openSocket, received, receivedUntil, sendInParts, sendRaw } from '../support/raw-client.js';
import { emptyFleet, httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

const serving = shared((atEnd) => startBalancer({}, atEnd));
beforeEach(() => emptyFleet(serving.current));

describe('framing', () => {
  it('bodies pass unchanged both ways, by length and in chunks', async () => {
    const balancer = serving.current;
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

  it('responses to HEAD, and those with 204 and 304, have no body, and the next response follows them', async () => {
    const balancer = serving.current;
    const { port } = await httpUpstream(({ method, url }, response) => {
      if (method === 'HEAD') response.writeHead(200, { 'content-length': 1234 }).end();
      else if (url === '/204') response.writeHead(204).end();
      else if (url === '/304') response.writeHead(304, { etag: '"x"' }).end();
      else response.end('last');
    });
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, request('HEAD', '/') + get('/204') + get('/304') + lastGet('/end'));
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['200', '204', '304', '200'].map((status) => `HTTP/1.1 ${status}`));
    expect(answer).toMatch(/content-length: 1234\r\n/i);
    expect(answer.endsWith('last')).toBe(true);
  });

  it('trailers pass both ways', async () => {
    const balancer = serving.current;
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
      request(
        'POST',
        '/',
        ['Connection: close', 'Transfer-Encoding: chunked', 'Trailer: X-In'],
        chunked(['abc'], ['X-In: yes', 'Host: evil']),
      ),
    );
    expect(received).toEqual({ 'x-in': 'yes' });
    expect(answer).toMatch(/4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n$/);
  });

  it('the backend decides about Expect: 100-continue', async () => {
    const balancer = serving.current;
    const { port } = await tcpUpstream((socket) => {
      socket.on('data', (bytes) => {
        const text = bytes.toString();
        if (text === 'hello') socket.write(response('hello'));
        else if (!/expect: 100-continue/i.test(text)) socket.destroy();
        else if (text.includes('/refuse')) socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
        else socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      });
    });
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    const lines = ['Content-Length: 5', 'Expect: 100-continue'];
    socket.write(request('POST', '/', lines));
    expect(await receivedUntil(socket, '\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    expect(await receivedUntil(socket, 'hello')).toMatch(/^HTTP\/1\.1 200 OK/);

    const refused = await openSocket(balancer.port);
    refused.write(request('POST', '/refuse', lines));
    expect(await receivedUntil(refused, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('early hints pass', async () => {
    const balancer = serving.current;
    const { port } = await httpUpstream((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.end('done'));
    });
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, lastGet());
    expect(answer).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/i);
  });

  it.each([
    ['1.1', 'HTTP/1.1\r\nHost: ignored\r\nConnection: close\r\n\r\n'],
    ['1.0, which needs no Host', 'HTTP/1.0\r\n\r\n'],
  ])('the authority of an absolute-form target is the host, in HTTP/%s', async (_, rest) => {
    const balancer = serving.current;
    const { port } = await httpUpstream((request, response) => response.end(`${request.headers.host} ${request.url}`));
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, `GET http://real.example/a?b ${rest}`);
    expect(answer).toMatch(/real\.example \/a\?b/);
  });

  it.each(['on', 'off'])(
    'a request head as large as MAX_HEADER_BYTES allows is forwarded (FAST_LANE=%s)',
    async (lane) => {
      const balancer = await startBalancer({ FAST_LANE: lane, MAX_HEADER_BYTES: '262144' });
      const long = 'x'.repeat(200_000);
      let seen = '';
      const { port } = await tcpUpstream((socket) => {
        socket.on('data', (bytes: Buffer) => {
          seen += bytes.toString('latin1');
          if (seen.endsWith('\r\n\r\n')) socket.write(response(''));
        });
      });
      await join(balancer, 'a', port);
      const answer = await sendRaw(balancer.port, lastGet('/', `X-Long: ${long}`));
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(seen).toContain(`X-Long: ${long}\r\n`);
    },
  );

  it('a client of HTTP/1.0 gets a response without chunks', async () => {
    const balancer = serving.current;
    const { port } = await httpUpstream((_, response) => {
      response.write('in ');
      response.end('parts');
    });
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/\r\n\r\nin parts$/);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  describe('of a request that is not valid', () => {
    beforeEach(async () => {
      const { port } = await httpUpstream((request, response) => {
        request.resume();
        response.end();
      });
      await join(serving.current, 'a', port);
    });

    it.each([
      ['a length and a coding', request('POST', '/', ['Content-Length: 3', 'Transfer-Encoding: chunked'], '0\r\n\r\n')],
      ['two lengths', request('POST', '/', ['Content-Length: 3', 'Content-Length: 4'], 'abcd')],
      ['a length that is not a number', request('POST', '/', ['Content-Length: +3'], 'abc')],
      ['a space before a colon', 'GET / HTTP/1.1\r\nHost : h\r\n\r\n'],
      ['a folded line', get('/', 'X: a\r\n b')],
      ['no host', 'GET / HTTP/1.1\r\n\r\n'],
      ['noise', '\x02\x03\x01\x16\r\n\r\n'],
      ['a bad chunk size', request('POST', '/', ['Transfer-Encoding: chunked'], 'zz\r\n')],
      ['no version', 'GET /\r\nHost: h\r\n\r\n'],
      ['two spaces in its first line', 'GET  / HTTP/1.1\r\nHost: h\r\n\r\n'],
      ['a coding in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
      ['an upgrade and no host', 'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
      [
        'an upgrade that is not followed and a length in its trailers',
        request(
          'POST',
          '/',
          ['Connection: Upgrade', 'Upgrade: x', 'Transfer-Encoding: chunked'],
          '0\r\nContent-Length: 9\r\n\r\n',
        ),
      ],
      ['a path in its host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
      ['two hosts in one field', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
      ['half an IPv6 address', 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n'],
      ['a port that is no number', 'GET / HTTP/1.1\r\nHost: a:http\r\n\r\n'],
      [
        'a bad chunk size and an upgrade that is not followed',
        request('POST', '/', ['Connection: Upgrade', 'Upgrade: x', 'Transfer-Encoding: chunked'], 'zz\r\n'),
      ],
    ])('a request with %s gets 400, and the next client is served', async (_, bytes) => {
      const balancer = serving.current;
      expect(await sendRaw(balancer.port, bytes)).toMatch(/^HTTP\/1\.1 400 /);
      expect((await fetch(balancer.url)).status).toBe(200);
      await settled(balancer);
    });
  });

  it('versions of HTTP with another wire format get 505', async () => {
    const balancer = serving.current;
    for (const version of ['HTTP/2.0', 'HTTP/3.0']) {
      expect(await sendRaw(balancer.port, `GET / ${version}\r\nHost: h\r\n\r\n`)).toMatch(/^HTTP\/1\.1 505 /);
    }
  });

  it('a coding that is not supported gets 501, and what follows it on the connection is not served', async () => {
    const balancer = serving.current;
    const coded = request('POST', '/', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n');
    expect(await sendRaw(balancer.port, coded + get())).toMatch(/^HTTP\/1\.1 501 [^]*"statusCode":501[^\n]*\n$/);
  });

  it('what follows an upgrade that is not followed is served as it was sent', async () => {
    const balancer = serving.current;
    const targets: string[] = [];
    const { port } = await httpUpstream((received, response) => {
      targets.push(received.url ?? '');
      received.resume().once('end', () => response.end());
    });
    await join(balancer, 'a', port);
    const hidden = get('/hidden');
    const socket = await openSocket(balancer.port);
    const declined = request('GET', '/first', ['Connection: Upgrade', 'Upgrade: websocket, h2c']);
    const next = request('POST', '/next', ['Connection: close', `Content-Length: ${hidden.length}`]);
    await sendInParts(socket, [declined + next, hidden], balancer.port);
    await received(socket);
    expect(targets).toEqual(['/first', '/next']);
  });

  it('CONNECT and TRACE get 405, and a head that is too large 431', async () => {
    const balancer = serving.current;
    expect(await sendRaw(balancer.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')).toMatch(/^HTTP\/1\.1 405 /);
    expect(await sendRaw(balancer.port, request('TRACE', '/', ['Connection: close']))).toMatch(/ 405 /);
    const large = get('/', `X: ${'x'.repeat(20_000)}`);
    expect(await sendRaw(balancer.port, large)).toMatch(/^HTTP\/1\.1 431 /);
  });
});
