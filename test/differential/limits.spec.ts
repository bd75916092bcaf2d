// Deadlines and limits: the same on both lanes, for clients that stop, do not read, send too much or leave.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../support/metrics.js';
import { until } from '../support/processes.js';
import { chunked, head, request } from './corpus.js';
import { difference, expectBothAtRest, onBoth, startPair, type Mismatch, type Pair, type Side } from './pair.js';
import { echo } from './scripted-backend.js';
import { WireClient, converse, lastOf, methodOf, type Transcript } from './wire-client.js';

/** Sends this and nothing more, until the balancer closes the connection. */
async function fallSilent(side: Side, bytes: string, ...before: readonly string[]): Promise<Transcript> {
  const client = await WireClient.open(side.port);
  for (const [index, good] of before.entries()) {
    client.send(good, methodOf(good));
    await client.until(() => client.answeredCount > index);
  }
  client.send(bytes, methodOf(bytes));
  return client.finish(0, !(await client.until(() => false)));
}

/** The transcripts of clients that stop after these bytes, each on its own connection, in parallel. */
async function expectSameSilence(
  pair: Pair,
  cases: readonly (readonly [string, ...string[]])[],
): Promise<Transcript[]> {
  const [fast, full] = await onBoth(pair, (side) =>
    Promise.all(cases.map(([bytes, ...before]) => side.observe((at) => fallSilent(at, bytes, ...before)))),
  );
  const seen = [fast, full].map((observations) => observations.map((seenOne) => ({ ...seenOne, received: [] })));
  expect(cases.flatMap(([bytes], i) => difference(bytes, [seen[0][i], seen[1][i]]))).toEqual([]);
  return fast;
}

const statuses = (transcripts: readonly Transcript[]) =>
  transcripts.map(({ answers }) => answers.at(-1)?.startLine.slice(9, 12));

describe('deadlines', () => {
  it('a head that stops anywhere gets 408', async () => {
    const pair = await startPair({ CLIENT_HEADER_TIMEOUT_SECONDS: '0.5' });
    const good = request('GET', '/good');
    const seen = await expectSameSilence(pair, [
      ['GET'],
      ['GET / HTTP/1.1\r\n'],
      ['GET / HTTP/1.1\r\nHost: h'],
      ['GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n'],
      ['GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r'],
      ['\r\n\r\n'],
      ['GET', good],
      ['GET / HTTP/1.1\r\nHost: h\r\n', good],
    ]);
    expect(new Set(statuses(seen.filter((_, i) => i !== 5)))).toEqual(new Set(['408']));
    await expectBothAtRest(pair);
  });

  it('a body that stops gets 408, and the backend is not blamed', async () => {
    const pair = await startPair({ STREAM_IDLE_TIMEOUT_SECONDS: '0.3' });
    const seen = await expectSameSilence(pair, [
      [request('POST', '/', ['Content-Length: 10'])],
      [request('PUT', '/', ['Content-Length: 10'], '12345')],
      [request('POST', '/', ['Transfer-Encoding: chunked'])],
      [request('POST', '/', ['Transfer-Encoding: chunked'], chunked(['abc']).slice(0, -2))],
      [request('POST', '/', ['Content-Length: 10'], '12345'), request('GET', '/good')],
    ]);
    expect(new Set(statuses(seen))).toEqual(new Set(['408']));
    const counts = await onBoth(pair, (side) => side.takeCounts());
    expect(difference('counts', counts)).toEqual([]);
    expect(counts[0]).toMatchObject({ errors: 0, isSuspected: false });
    expect(difference('log', await onBoth(pair, (side) => side.log(6)))).toEqual([]);
    await expectBothAtRest(pair);
  });

  it('a connection that is idle is closed', async () => {
    const pair = await startPair({ CLIENT_KEEP_ALIVE_SECONDS: '0.2' });
    const seen = await expectSameSilence(pair, [
      [request('GET', '/')],
      [request('POST', '/', ['Content-Length: 2'], 'ab')],
    ]);
    expect(seen.map(({ ending }) => ending)).toEqual(['closed', 'closed']);
    await expectBothAtRest(pair);
  });

  it('a request gets 504 when the backend does not respond, and a response that stands still is cut', async () => {
    const pair = await startPair({
      STREAM_IDLE_TIMEOUT_SECONDS: '0.3',
      CONNECT_TIMEOUT_SECONDS: '0.5',
      ATTEMPT_TIMEOUT_SECONDS: '1',
      REQUEST_TIMEOUT_SECONDS: '2.5',
    });
    const half = {
      name: 'half',
      parts: [head('HTTP/1.1 200 OK', ['Content-Length: 9']) + 'half'],
      ending: 'keep' as const,
    };
    for (const side of [pair.fast, pair.full]) {
      side.backend.script = (message) => {
        if (message.startLine.includes('/half')) return half;
        return message.startLine.includes('/never') ? { ...half, parts: [] } : echo(message);
      };
    }
    const found: Mismatch[] = [];
    for (const asked of [
      request('GET', '/never'),
      request('POST', '/never', ['Content-Length: 1'], 'x'),
      request('GET', '/half'),
    ]) {
      const one = { name: asked, sendings: [{ bytes: asked, awaits: 'answer' as const }] };
      const seen = await onBoth(pair, (side) => side.observe(() => converse(side.port, one, () => 0)));
      found.push(...difference(asked, seen));
      found.push(...difference(`${asked}: counts`, await onBoth(pair, (side) => side.takeCounts())));
    }
    expect(found).toEqual([]);
    await expectBothAtRest(pair);
  });
});

describe('limits', () => {
  const LIMIT = 2048;

  it('a head gets 431 from the byte on that exceeds MAX_HEADER_BYTES', async () => {
    const pair = await startPair({ MAX_HEADER_BYTES: String(LIMIT) });
    const bare = request('GET', '/', ['X-A: ']).length;
    const heads = [
      ...Array.from({ length: 48 }, (_, i) => request('GET', '/', [`X-A: ${'x'.repeat(LIMIT - bare - 16 + i)}`])),
      ...Array.from({ length: 16 }, (_, i) => request('GET', `/${'x'.repeat(LIMIT - 40 + i * 4)}`)),
      ...Array.from({ length: 16 }, (_, i) => request('GET', '/', [`${'x'.repeat(LIMIT - 40 + i * 4)}: 1`])),
      ...[100, 150, 200, 250, 300, 400].map((count) =>
        request(
          'GET',
          '/',
          Array.from({ length: count }, (_, i) => `X${i}: y`),
        ),
      ),
      request(
        'GET',
        '/',
        Array.from({ length: 2100 }, () => 'a:'),
      ),
      request('POST', '/', ['Content-Length: 5000'], 'x'.repeat(5000)),
    ];
    const found: Mismatch[] = [];
    const codes = new Set<string | undefined>();
    for (const bytes of heads) {
      const one = { name: 'head', sendings: [{ bytes, awaits: 'answer' as const }] };
      const seen = await onBoth(pair, (side) => side.observe(() => converse(side.port, one, () => 0)));
      found.push(...difference(`${bytes.length} bytes: ${bytes.slice(0, 60)}`, seen));
      statuses(seen).forEach((status) => codes.add(status));
    }
    expect(found).toEqual([]);
    expect(codes).toEqual(new Set(['200', '431']));
    await expectBothAtRest(pair);
  });

  it('a thousand requests in one write get their responses in order', async () => {
    const pair = await startPair();
    const targets = Array.from({ length: 1000 }, (_, i) => `/${i}`);
    const seen = await onBoth(pair, async (side) => {
      const client = await WireClient.open(side.port);
      client.send(targets.map((target) => request('GET', target)).join(''), ...targets.map(() => 'GET'));
      await client.until(() => client.answeredCount === targets.length);
      return lastOf(client);
    });
    for (const { answers, ending } of seen) {
      expect(answers.map(({ body }) => body)).toEqual([...targets, '/after'].map((target) => `GET ${target}`));
      expect(ending).toBe('kept');
    }
    await expectBothAtRest(pair);
  });

  it('a client that does not read is cut, and little is read from its backend', async () => {
    const pair = await startPair({ STREAM_IDLE_TIMEOUT_SECONDS: '0.5' });
    const total = 400_000_000;
    const piece = Buffer.alloc(1_000_000, 'x').toString('latin1');
    const seen = await onBoth(pair, async (side) => {
      let taken = 0;
      side.backend.beforeNextPart = () => Promise.resolve(taken++);
      const parts = [
        head('HTTP/1.1 200 OK', [`Content-Length: ${total}`]),
        ...Array<string>(total / piece.length).fill(piece),
      ];
      side.backend.script = () => ({ name: 'endless', parts, ending: 'keep' });
      const memoryBefore = side.memoryBytes;
      const client = await WireClient.open(side.port);
      client.socket.pause();
      client.send(request('GET', '/'), 'GET');
      await until('the response to be stuck', async () => (await metricsOf(side.balancer)).fleet.inFlight === 1);
      const counts = await side.takeCounts();
      const grownBy = side.memoryBytes - memoryBefore;
      client.socket.resume();
      await client.until(() => false);
      const { answers, ending } = client.finish(0, false);
      return {
        counts,
        ending,
        isWhole: answers.map(({ isWhole }) => isWhole),
        isLittle: taken < 50,
        isModest: grownBy < 100e6,
      };
    });
    expect(difference('a client that does not read', seen)).toEqual([]);
    expect(seen[0]).toMatchObject({ ending: 'closed', isWhole: [false], isLittle: true, isModest: true });
    expect(seen[0].counts).toMatchObject({ errors: 0, isSuspected: false });
    await expectBothAtRest(pair);
  });
});

describe('clients that go away', () => {
  it.each([
    ['in the middle of a head', 'GET / HTTP/1.1\r\nHost', false],
    ['in the middle of a body', request('POST', '/', ['Content-Length: 10'], 'abc'), false],
    ['in the middle of a chunk', request('POST', '/', ['Transfer-Encoding: chunked'], '5\r\nab'), false],
    ['before the response', request('GET', '/never'), true],
    ['in the middle of a response', request('GET', '/half'), true],
    ['with another request pipelined', request('GET', '/never') + request('GET', '/never'), true],
  ])('a client that leaves %s leaves nothing behind', async (_, bytes, isForwarded) => {
    const pair = await startPair();
    const half = {
      name: 'half',
      parts: [head('HTTP/1.1 200 OK', ['Content-Length: 9']) + 'half'],
      ending: 'keep' as const,
    };
    for (const { backend } of [pair.fast, pair.full]) {
      backend.script = ({ startLine }) => (startLine.includes('/half') ? half : { ...half, parts: [] });
    }
    for (const howToLeave of ['destroy', 'resetAndDestroy', 'end'] as const) {
      await onBoth(pair, async (side) => {
        const client = await WireClient.open(side.port);
        client.send(bytes, 'GET');
        if (isForwarded) await until('it to be there', () => side.backend.receivedCount > 0);
        side.backend.takeReceived();
        client.socket[howToLeave]();
        if (howToLeave === 'end') client.socket.resume();
        if (!client.socket.closed) await once(client.socket, 'close');
      });
      const counts = await onBoth(pair, (side) => side.takeCounts());
      for (const { errors, isSuspected } of counts)
        expect({ errors, isSuspected }).toEqual({ errors: 0, isSuspected: false });
    }
    await expectBothAtRest(pair);
  });
});
