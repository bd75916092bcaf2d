// A backend's connection on which bytes follow a response is not used again: they would be taken for the response to the next
// request, which may be that of another client.
import type { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { chunked, get, head, request, response } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { startBalancer, until } from '../support/processes.js';
import { openSocket, receivedUntil, stillAt } from '../support/raw-client.js';
import { join, tcpUpstream } from '../support/upstreams.js';

const FORGED = response('forged');
const NO_BODY = (status: string) => head(`HTTP/1.1 ${status}`, ['ETag: "first"']);

/** The first response, to a request with this method. */
const RESPONSES: readonly (readonly [what: string, method: string, bytes: string])[] = [
  ['a length', 'GET', response('first')],
  ['chunks', 'GET', head('HTTP/1.1 200 OK', ['Transfer-Encoding: chunked']) + chunked(['first'])],
  ['trailers', 'GET', head('HTTP/1.1 200 OK', ['Transfer-Encoding: chunked']) + chunked(['first'], ['A: b'])],
  ['status 204', 'GET', NO_BODY('204 No Content')],
  ['status 304', 'GET', NO_BODY('304 Not Modified')],
  ['no body, to a HEAD', 'HEAD', head('HTTP/1.1 200 OK', ['ETag: "first"', 'Content-Length: 5'])],
];

/** What follows it. */
const SURPLUS: readonly (readonly [what: string, bytes: string])[] = [
  ['a second response', FORGED],
  ['the beginning of a second response', FORGED.slice(0, 20)],
  ['one byte', 'H'],
  ['an empty line', '\r\n'],
];

describe.each(['on', 'off'])('with the fast lane %s', (lane) => {
  let sendFirst: (backend: Socket) => void = () => {};
  let used: Socket[] = [];
  const balancer = shared(async (atEnd) => {
    const started = await startBalancer({ FAST_LANE: lane }, atEnd);
    const { port } = await tcpUpstream((socket) => {
      socket.setNoDelay(true);
      socket.on('data', (bytes) => {
        if (bytes.includes(' /first ')) {
          used.push(socket);
          sendFirst(socket);
        } else if (bytes.includes(' /next ')) {
          used.push(socket);
          socket.write(response('next'));
        } else socket.end(head('HTTP/1.1 200 OK', ['Content-Length: 0', 'Connection: close']));
      });
    }, atEnd);
    await join(started, 'a', port, { pingPath: '/ping' });
    return started;
  });

  beforeEach(() => {
    used = [];
  });

  /** Sends a request; returns what came up to the end of its response. */
  async function ask(bytes: string, marker: string): Promise<string> {
    const client = await openSocket(balancer.current.port);
    client.write(bytes);
    return receivedUntil(client, marker);
  }

  async function expectNextIsRight(): Promise<void> {
    const text = await ask(get('/next'), 'next');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).not.toContain('forged');
    expect(used).toHaveLength(2);
    expect(used[1]).not.toBe(used[0]);
  }

  describe.each(RESPONSES)('after a response with %s', (_, method, first) => {
    it.each(SURPLUS)('%s in the same packet', async (_what, surplus) => {
      sendFirst = (backend) => backend.write(first + surplus);
      await ask(request(method, '/first'), 'first');
      await stillAt(balancer.current.port, () => 0);
      await expectNextIsRight();
    });

    it.each(SURPLUS)('%s later', async (_what, surplus) => {
      sendFirst = (backend) => backend.write(first);
      await ask(request(method, '/first'), 'first');
      await stillAt(balancer.current.port, () => 0);
      const [backend] = used;
      backend.write(surplus);
      await until('the balancer to let go of the connection', () => backend.destroyed);
      await expectNextIsRight();
    });

    it('nothing: the connection is used again', async () => {
      sendFirst = (backend) => backend.write(first);
      await ask(request(method, '/first'), 'first');
      await stillAt(balancer.current.port, () => 0);
      await ask(get('/next'), 'next');
      expect(used[1]).toBe(used[0]);
    });
  });
});
