// What becomes of the parts of a message that RFC 9110 and RFC 9112 have intermediaries change, in both lanes.
import { describe, expect, it } from 'vitest';
import { valuesOf, type Message } from '../differential/messages.js';
import { ScriptedBackend, echo } from '../differential/scripted-backend.js';
import { WireClient, methodOf } from '../differential/wire-client.js';
import { chunked, get, head, request, upgradeTo } from '../support/http-text.js';
import { shared, type AtEnd } from '../support/lifetime.js';
import { backendIn, startBalancer } from '../support/processes.js';
import { join, register } from '../support/upstreams.js';

const LANES = ['on', 'off'] as const;

function serving(lane: (typeof LANES)[number]) {
  return shared(async (atEnd: AtEnd) => {
    const [balancer, backend] = await Promise.all([
      startBalancer({ FAST_LANE: lane }, atEnd),
      ScriptedBackend.start(atEnd),
    ]);
    await join(balancer, 'a', backend.port);
    return { balancer, backend };
  });
}

describe.each(LANES)('with FAST_LANE=%s', (lane) => {
  const fleet = serving(lane);

  /** Sends a request to a backend with this response. Returns what the backend received, and what the client did. */
  async function exchange(bytes: string, response?: string): Promise<{ received: Message; seen: Message }> {
    const { balancer, backend } = fleet.current;
    backend.script = response === undefined ? echo : () => ({ name: 'scripted', parts: [response], ending: 'keep' });
    backend.takeReceived();
    const client = await WireClient.open(balancer.port);
    client.send(bytes, methodOf(bytes));
    await client.until(() => client.answeredCount > 0);
    client.socket.destroy();
    return { received: backend.takeReceived()[0], seen: client.answers[0] };
  }

  it.each([
    ['GET http://Other:80/a/../%7e?b HTTP/1.1', 'GET /a/../%7e?b HTTP/1.1', 'Other:80'],
    ['GET http://h?q HTTP/1.1', 'GET /?q HTTP/1.1', 'h'],
    ['OPTIONS http://h HTTP/1.1', 'OPTIONS * HTTP/1.1', 'h'],
  ])('%s becomes %s', async (line, forwarded, host) => {
    const { received } = await exchange(head(line, ['Host: example.org']));
    expect([received.startLine, valuesOf(received.fields, 'host')]).toEqual([forwarded, [host]]);
  });

  it.each([
    ['TE: trailers', get('/', 'Connection: TE', 'TE: trailers, gzip'), 'connection', ['keep-alive, TE']],
    [
      'TE: trailers on an upgrade',
      upgradeTo('x').replace('\r\n', '\r\nTE: trailers\r\n'),
      'connection',
      ['Upgrade, TE'],
    ],
    ['a Content-Length of 03', request('POST', '/', ['Content-Length: 03'], 'abc'), 'content-length', ['3']],
    ['the Expect of HTTP/1.0', head('GET / HTTP/1.0', ['Host: h', 'Expect: 100-continue']), 'expect', []],
    ['the Upgrade of HTTP/1.0', head('GET / HTTP/1.0', ['Connection: Upgrade', 'Upgrade: x']), 'upgrade', []],
    ['Max-Forwards', request('OPTIONS', '/', ['Max-Forwards: 10']), 'max-forwards', ['9']],
    ['Max-Forwards with another method', get('/', 'Max-Forwards: 10'), 'max-forwards', ['10']],
    [
      'an upgrade without a host',
      head('GET / HTTP/1.1', ['Host:', 'Connection: Upgrade', 'Upgrade: x']),
      'host',
      [expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
    ],
  ])('%s is forwarded as the next hop needs it', async (_, bytes, field, values) => {
    const { received } = await exchange(bytes);
    expect(valuesOf(received.fields, field)).toEqual(values);
  });

  it('OPTIONS that may not be forwarded gets 204', async () => {
    const { received, seen } = await exchange(request('OPTIONS', '/', ['Max-Forwards: 0']));
    expect([received, seen.startLine]).toEqual([undefined, 'HTTP/1.1 204 No Content']);
  });

  it.each([
    ['204', head('HTTP/1.1 204 No Content', ['Content-Length: 0']), 'content-length', []],
    ['204', head('HTTP/1.1 204 No Content', ['Transfer-Encoding: chunked']), 'transfer-encoding', []],
    ['a length of 04', head('HTTP/1.1 200 OK', ['Content-Length: 04']) + 'body', 'content-length', ['4']],
    [
      '426',
      head('HTTP/1.1 426 Upgrade Required', ['Upgrade: websocket', 'Connection: upgrade', 'Content-Length: 0']),
      'upgrade',
      ['websocket'],
    ],
    [
      '426',
      head('HTTP/1.1 426 Upgrade Required', ['Upgrade: websocket', 'Content-Length: 0']),
      'connection',
      ['keep-alive, upgrade'],
    ],
  ])('a response with %s reaches the client as RFC 9110 has it', async (_, response, field, values) => {
    const { seen } = await exchange(get(), response);
    expect([seen.isWhole, valuesOf(seen.fields, field)]).toEqual([true, values]);
  });

  it('426 to a client whose connection ends says both', async () => {
    const required = head('HTTP/1.1 426 Upgrade Required', ['Upgrade: x', 'Content-Length: 0']);
    const { seen } = await exchange(get('/', 'Connection: close'), required);
    expect(valuesOf(seen.fields, 'connection')).toEqual(['close, upgrade']);
  });

  it.each([
    ['GET /a\r\n\r\n', 400, /^the request line must be/],
    [head('GET /a RTSP/1.0', []), 400, /^the request line must be/],
    [head('GET /a HTTP/3.0', []), 505, /^only HTTP\/1\.1/],
    [head('FOO /a HTTP/1.1', ['Host: h']), 501, /^the method is not known/],
    [head('GET /a#b HTTP/1.1', ['Host: h']), 400, /fragment/],
    [head('GET http:/h HTTP/1.1', ['Host: h']), 400, /^the request target must be/],
    [head('GET /a HTTP/1.1', ['Host: h', ' fold']), 400, /^a field line must be/],
    [head('GET /a HTTP/1.1', ['Host: a,b']), 400, /^Host must be/],
    ['GET /a HTTP/1.1\r\nHost: h\rX: y\r\n\r\n', 400, /^each line must end/],
    [request('POST', '/', ['Content-Length: x']), 400, /Content-Length/],
    [request('POST', '/', ['Transfer-Encoding: gzip']), 400, /^Transfer-Encoding/],
    [request('POST', '/', ['Transfer-Encoding: chunked'], 'zz\r\n'), 400, /^a chunk must be/],
    [request('POST', '/', ['Transfer-Encoding: chunked'], chunked([], ['Content-Length: 1'])), 400, /^trailers/],
  ])('%j is refused with %i and a sentence', async (bytes, status, message) => {
    const { seen } = await exchange(bytes);
    expect(JSON.parse(seen.body)).toMatchObject({ statusCode: status, message: expect.stringMatching(message) });
    expect(valuesOf(seen.fields, 'connection')).toEqual(['close']);
  });

  it('a backend with a path gets it before every target, but not before *', async () => {
    const { balancer, backend } = fleet.current;
    await fetch(`${balancer.control}/api/v1/backends/a?now=true`, { method: 'DELETE' });
    const url = `http://127.0.0.1:${backend.port}/p/`;
    await register(balancer.control, { id: 'b', url, resources: { compute: 10, storage: 10 } });
    await backendIn(balancer.control, 'b', 'up');
    const targets = [get('/'), get('/x?y'), head('OPTIONS http://h HTTP/1.1', ['Host: h'])];
    const lines: string[] = [];
    for (const bytes of targets) lines.push((await exchange(bytes)).received.startLine);
    expect(lines).toEqual(['GET /p/ HTTP/1.1', 'GET /p/x?y HTTP/1.1', 'OPTIONS * HTTP/1.1']);
  });
});
