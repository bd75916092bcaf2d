// The id of a request, in all lanes: what the backend gets, what the client gets and what is logged are the same.
import type { RequestRecord } from '@fairlead/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { lastGet, request, switchTo, upgradeTo } from '../support/http-text.js';
import { shared, type AtEnd } from '../support/lifetime.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join } from '../support/upstreams.js';

const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.9';
const NEW_ID = /^[0-9a-f]{32}$/;

/** A request of each lane. `TE` moves one to the full lane. */
const LANES = [
  ['fast', (path: string, lines: readonly string[]) => lastGet(path, ...lines)],
  ['full', (path: string, lines: readonly string[]) => lastGet(path, 'TE: trailers', ...lines)],
  ['upgrade', (path: string, lines: readonly string[]) => withLines(upgradeTo('echo', path), lines)],
] as const;
type Lane = (typeof LANES)[number];

function withLines(message: string, lines: readonly string[]): string {
  return message.replace('\r\n\r\n', ['', ...lines, '', ''].join('\r\n'));
}

/** The values of a field in a raw header list. */
function valuesOf(raw: readonly string[], name: string): string[] {
  return raw.filter((_, i) => i % 2 === 1 && raw[i - 1].toLowerCase() === name);
}

/** The values of a field in a head as text. */
function valuesIn(head: string, name: string): string[] {
  const lines = head.split('\r\n\r\n')[0].split('\r\n');
  return lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 2));
}

/**
 * A balancer with a backend that switches protocols when asked to, sends an id of its own, and closes its connection
 * without a response for the path /gone.
 */
async function startFleet(env: Record<string, string>, atEnd?: AtEnd) {
  const balancer = await startBalancer({ TRUSTED_PROXIES: PROXY, ...env }, atEnd);
  const received: string[][] = [];
  const server = await httpUpstream(({ rawHeaders, url = '', socket }, response) => {
    received.push(rawHeaders);
    if (url.startsWith('/gone')) socket.destroy();
    else response.writeHead(200, { 'x-request-id': 'of-the-backend' }).end('ok');
  }, atEnd);
  server.on('upgrade', ({ rawHeaders, url = '' }, socket) => {
    received.push(rawHeaders);
    socket.on('error', () => {});
    if (url.startsWith('/gone')) socket.destroy();
    else if (url.startsWith('/refused')) socket.end('HTTP/1.1 400 Bad Request\r\nX-Request-Id: of-the-backend\r\n\r\n');
    else {
      socket.write(switchTo('echo', 'X-Request-Id: of-the-backend'));
      socket.pipe(socket);
    }
  });
  await join(balancer, 'a', server.port);
  let requests = 0;

  /** The record of the request with this path, once it has ended. */
  const recordOf = async (path: string): Promise<RequestRecord> => {
    let found: RequestRecord | undefined;
    await until(`${path} to be in the log`, async () => {
      const response = await fetch(`${balancer.control}/api/v1/requests`);
      const log = (await response.json()) as { requests: RequestRecord[] };
      found = log.requests.find((record) => record.path === path);
      return found !== undefined;
    });
    return found!;
  };

  return {
    balancer,
    /** Sends a request, and collects what the backend received, the head of the response, and the record. */
    async send([, compose]: Lane, lines: readonly string[], { from = STRANGER, prefix = '/' } = {}) {
      received.length = 0;
      const path = `${prefix}${++requests}`;
      const socket = await openSocket(balancer.port, from);
      const head = receivedUntil(socket, '\r\n\r\n');
      socket.write(compose(path, lines), 'latin1');
      const response = await head;
      socket.destroy();
      return { received: [...received], response, record: await recordOf(path) };
    },
  };
}

describe('the id of a request', () => {
  const fleet = shared((atEnd) => startFleet({}, atEnd));
  afterEach(() => backendIn(fleet.current.balancer.control, 'a', 'up'));

  /** The id that all have seen. */
  async function idOf(lane: Lane, lines: readonly string[], options: { from?: string; prefix?: string } = {}) {
    const { received, response, record } = await fleet.current.send(lane, lines, options);
    const returned = valuesIn(response, 'x-request-id');
    expect(returned).toHaveLength(1);
    expect(received.map((raw) => valuesOf(raw, 'x-request-id'))).toEqual(received.map(() => returned));
    expect(received.length).toBeGreaterThan(0);
    expect(record.requestId).toBe(returned[0]);
    return returned[0];
  }

  describe.each(LANES)('in the %s lane', (...lane) => {
    it('is new for each request, whatever a client sends', async () => {
      const ids = [
        await idOf(lane, []),
        await idOf(lane, ['X-Request-Id: claimed']),
        await idOf(lane, [`X-Request-Id: ${'0'.repeat(32)}`, 'x-request-id: again']),
      ];
      for (const id of ids) expect(id).toMatch(NEW_ID);
      expect(new Set(ids).size).toBe(3);
    });

    it('is that of a trusted proxy, if it is valid', async () => {
      for (const id of ['Root=1-67:a/+~@.-_', 'a'.repeat(128)]) {
        expect(await idOf(lane, [`x-REQUEST-id: ${id}`], { from: PROXY })).toBe(id);
      }
      const invalid = ['', 'a b', '<script>', '"quoted"', 'caf\xe9', 'a,b', 'a'.repeat(129)];
      for (const id of invalid) expect(await idOf(lane, [`X-Request-Id: ${id}`], { from: PROXY })).toMatch(NEW_ID);
      const twice = ['X-Request-Id: a', 'X-Request-Id: b'];
      expect(await idOf(lane, twice, { from: PROXY })).toMatch(NEW_ID);
      expect(await idOf(lane, [], { from: PROXY })).toMatch(NEW_ID);
    });

    it('is in the error response of the balancer, and the same in all attempts', async () => {
      const id = await idOf(lane, ['X-Request-Id: given'], { from: PROXY, prefix: '/gone' });
      expect(id).toBe('given');
      await backendIn(fleet.current.balancer.control, 'a', 'up');
      const { response, received, record } = await fleet.current.send(lane, [], { prefix: '/gone' });
      expect(response).toMatch(/^HTTP\/1\.1 50[23] /);
      expect(received.length).toBe(record.attempts);
      expect(record.attempts).toBeGreaterThan(1);
    });

    it('leaves traceparent and tracestate as they are', async () => {
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const tracestate = 'congo=t61rcWkgMzE, rojo=00f067aa0ba902b7';
      const lines = [`traceparent: ${traceparent}`, `tracestate: ${tracestate}`];
      const { received } = await fleet.current.send(lane, lines);
      expect(valuesOf(received[0], 'traceparent')).toEqual([traceparent]);
      expect(valuesOf(received[0], 'tracestate')).toEqual([tracestate]);
    });
  });

  it('is in the response of a backend that refuses an upgrade', async () => {
    expect(await idOf(LANES[2], [], { prefix: '/refused' })).toMatch(NEW_ID);
  });

  it.each([
    ['a method that is refused', request('TRACE', '/', ['Connection: close'])],
    ['a target that is refused', request('GET', 'ftp://h/', ['Connection: close'])],
    ['a body that is refused', request('POST', '/', ['Transfer-Encoding: gzip, chunked', 'Connection: close'])],
    ['CONNECT', request('CONNECT', 'h:1')],
    ['a refused upgrade', withLines(upgradeTo('echo', 'ftp://h/'), [])],
  ])('is in the response to %s', async (_what, bytes) => {
    const { port } = fleet.current.balancer;
    const text = await sendRaw(port, withLines(bytes, ['X-Request-Id: given']));
    expect(text).toMatch(/^HTTP\/1\.1 [45]\d\d /);
    expect(valuesIn(text, 'x-request-id')).toEqual([expect.stringMatching(NEW_ID)]);
    const toProxy = await sendRaw(port, withLines(bytes, ['X-Request-Id: given']), PROXY);
    expect(valuesIn(toProxy, 'x-request-id')).toEqual(['given']);
  });
});

describe('with REQUEST_ID=off', () => {
  const fleet = shared((atEnd) => startFleet({ REQUEST_ID: 'off' }, atEnd));

  it.each(LANES)('X-Request-Id passes the %s lane like any other field, both ways', async (...lane) => {
    const { received, response, record } = await fleet.current.send(lane, ['X-Request-Id: a "b"']);
    expect(valuesOf(received[0], 'x-request-id')).toEqual(['a "b"']);
    expect(valuesIn(response, 'x-request-id')).toEqual(['of-the-backend']);
    expect(record.requestId).toBeNull();
  });

  it.each(LANES)('no id is added in the %s lane', async (...lane) => {
    const { received, response } = await fleet.current.send(lane, [], { from: PROXY, prefix: '/gone' });
    expect(valuesOf(received[0], 'x-request-id')).toEqual([]);
    expect(response).not.toMatch(/x-request-id/i);
    await backendIn(fleet.current.balancer.control, 'a', 'up');
  });
});
