// A response that breaks off at the backend breaks off at the client, where it can be seen: no last chunk, fewer bytes than
// the length, and for a client of HTTP/1.0, whose response ends with the connection, a reset.
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { head, lastGet, upgradeTo } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { settled } from '../support/metrics.js';
import { startBalancer } from '../support/processes.js';
import { openSocket, receivedUntil } from '../support/raw-client.js';
import { join, tcpUpstream } from '../support/upstreams.js';

const OK = 'HTTP/1.1 200 OK\r\n';
type Ending = (backend: Socket) => unknown;
const ends: Ending = (backend) => backend.end();
const resets: Ending = (backend) => backend.resetAndDestroy();

/** What the backend has sent when its connection ends, and how that ends. */
const CUTS: readonly (readonly [what: string, response: string, ending: Ending])[] = [
  ['without framing, and is reset', `${OK}\r\nbegin`, resets],
  ['in chunks, and is reset', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n`, resets],
  ['in chunks, and ends', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n`, ends],
  ['with a length, and is reset', `${OK}Content-Length: 9\r\n\r\nbegin`, resets],
  ['with a length, and ends', `${OK}Content-Length: 9\r\n\r\nbegin`, ends],
];

const REQUESTS: readonly (readonly [what: string, bytes: string])[] = [
  ['a client', lastGet()],
  ['a client of HTTP/1.0', head('GET / HTTP/1.0', ['Host: h'])],
  ['a client whose upgrade is declined', upgradeTo('x')],
];

describe.each(['on', 'off'])('with the fast lane %s', (lane) => {
  let response = '';
  let onResponded: (backend: Socket) => void = () => {};
  const balancer = shared(async (atEnd) => {
    const settings = { OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: '0', OUTLIER_FAILURE_RATIO: '0' };
    const started = await startBalancer({ FAST_LANE: lane, ...settings }, atEnd);
    const { port } = await tcpUpstream((socket) => {
      // A ping has its response, and its connection ends.
      socket.on('data', (bytes) => {
        if (bytes.includes('GET / HTTP')) socket.write(response, () => onResponded(socket));
        else socket.end(`${OK}Content-Length: 0\r\nConnection: close\r\n\r\n`);
      });
    }, atEnd);
    await join(started, 'a', port, { pingPath: '/ping' });
    return started;
  });

  /** How the client sees the end of a response whose first bytes it has received. */
  async function seen(bytes: string, ending: Ending): Promise<{ text: string; isReset: boolean }> {
    const responded = new Promise<Socket>((resolve) => (onResponded = resolve));
    const client = await openSocket(balancer.current.port);
    let isReset = false;
    client.once('error', () => (isReset = true));
    const begun = receivedUntil(client, 'begin');
    client.write(bytes);
    let text = await begun;
    client.on('data', (chunk) => (text += String(chunk)));
    const closed = new Promise((resolve) => client.once('close', resolve));
    ending(await responded);
    await closed;
    await settled(balancer.current);
    return { text, isReset };
  }

  describe.each(REQUESTS)('%s sees the end of a response', (_, bytes) => {
    it.each(CUTS)('that begins %s', async (_what, sent, ending) => {
      response = sent;
      const { text, isReset } = await seen(bytes, ending);
      expect(text).not.toContain('\r\n0\r\n');
      // With a length there is less than that.
      if (bytes.includes('HTTP/1.0')) expect(isReset || text.includes('content-length: 9')).toBe(true);
    });

    it('that ends in order', async () => {
      response = `${OK}\r\nbegin`;
      const { text, isReset } = await seen(bytes, ends);
      expect(isReset).toBe(false);
      if (!bytes.includes('HTTP/1.0')) expect(text).toContain('\r\n0\r\n\r\n');
    });
  });
});
