import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bodyOf, CASES, CHUNKED_FOLDER } from '../cases.js';
import { BACKEND_HEADER } from './backends.js';
import { requestSize, servePlainly } from './plain-server.js';

/** The port of a server that is closed after the test. */
async function served(): Promise<number> {
  const server = await servePlainly(0);
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const close = { connection: 'close' };

describe('a plain backend', () => {
  it.each(CASES)('responds to case $name with its body, in its framing', async (each) => {
    const port = await served();
    const body = each.requestBytes > 0 ? { method: 'POST', body: bodyOf(each.requestBytes) } : {};
    const response = await fetch(`http://127.0.0.1:${port}${each.path}`, { headers: close, ...body });
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(each.responseBytes))).toBe(true);
    const isChunked = each.path.startsWith(CHUNKED_FOLDER);
    expect(response.headers.get('transfer-encoding')).toBe(isChunked ? 'chunked' : null);
    expect(response.headers.get(BACKEND_HEADER)).toBe(String(port));
  });

  it('echoes requests, and responds 404 for other files', async () => {
    const url = `http://127.0.0.1:${await served()}`;
    const body = bodyOf(16 * 1024);
    const headers = { ...close, 'X-Request-Id': 'a: b' };
    expect(await (await fetch(`${url}/echo?a=%2F`, { method: 'POST', headers, body })).json()).toMatchObject({
      method: 'POST',
      target: '/echo?a=%2F',
      headers: { 'x-request-id': 'a: b', 'content-length': String(body.length) },
      bodySha256: createHash('sha256').update(body).digest('hex'),
    });
    expect((await fetch(`${url}/files/17`, { headers: close })).status).toBe(404);
  });

  it('responds to each request of a connection, even when two arrive at once', async () => {
    const socket = connect(await served(), '127.0.0.1');
    const request = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(request + request);
    let text = '';
    while (text.split('HTTP/1.1 200 OK').length < 3 || !text.endsWith('up')) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      text += chunk.toString();
    }
    socket.destroy();
  });
});

describe('requestSize', () => {
  it.each(['GET /a HTTP/1.1\r\nHost: x\r\n\r\n', 'POST /a HTTP/1.1\r\nContent-LENGTH: 5\r\nHost: x\r\n\r\nabcde'])(
    'is not known before the last byte of %j, and does not count what follows',
    (text) => {
      const bytes = Buffer.from(`${text}GET /b`);
      for (let size = 0; size < text.length; size++) expect(requestSize(bytes.subarray(0, size))).toBeUndefined();
      expect(requestSize(bytes.subarray(0, text.length))).toBe(text.length);
      expect(requestSize(bytes)).toBe(text.length);
    },
  );
});
