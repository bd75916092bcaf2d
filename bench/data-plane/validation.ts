// Checks a contender before anything is timed: correct bodies, requests that reach the backends unchanged,
// X-Forwarded-For, and requests to every backend.
import { createHash } from 'node:crypto';
import { request, type IncomingHttpHeaders } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { BACKEND_HEADER, type Echo } from './backends/backends.js';
import { bodyOf, CHUNKED_FOLDER, HEADERS, type Case } from './cases.js';

const SPREAD_REQUESTS = 30;
const HOST = 'shop.example.org';
const POSTED = bodyOf(16 * 1024);

/** A complete response. */
interface ReceivedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Checks a contender. @throws {Error} saying what is wrong. */
export async function validate(port: number, backendPorts: readonly number[], cases: readonly Case[]): Promise<void> {
  await reachesBackends(port);
  await spreads(port, backendPorts);
  for (const each of cases) await respondsCorrectly(port, each);
}

/** Method, target with query, Host, the client's headers and the body arrive as they were sent. */
async function reachesBackends(port: number): Promise<void> {
  for (const method of ['GET', 'POST']) {
    const body = method === 'POST' ? POSTED : Buffer.alloc(0);
    const target = '/echo?a=1&b=%2Fx';
    const response = await send(port, method, target, body);
    expectEqual(`status of ${method} /echo`, response.status, 200);
    const echo = JSON.parse(response.body.toString()) as Echo;
    expectEqual('method', echo.method, method);
    expectEqual('target', echo.target, target);
    expectEqual('Host', echo.headers.host, HOST);
    expectEqual('body', echo.bodySha256, createHash('sha256').update(body).digest('hex'));
    for (const [name, value] of Object.entries(HEADERS)) expectEqual(name, echo.headers[name.toLowerCase()], value);
    expectEqual('X-Forwarded-For', echo.headers['x-forwarded-for'], '127.0.0.1');
  }
}

async function spreads(port: number, backendPorts: readonly number[]): Promise<void> {
  const sent = Array.from({ length: SPREAD_REQUESTS }, () => send(port, 'GET', '/files/100'));
  const served = new Set((await Promise.all(sent)).map(({ headers }) => Number(headers[BACKEND_HEADER])));
  const missing = backendPorts.filter((each) => !served.has(each));
  if (missing.length > 0) {
    throw new Error(
      `${missing.length} of ${backendPorts.length} backends received none of ${SPREAD_REQUESTS} requests`,
    );
  }
}

async function respondsCorrectly(port: number, { title, path, responseBytes, requestBytes }: Case): Promise<void> {
  const response = await send(port, requestBytes > 0 ? 'POST' : 'GET', path, bodyOf(requestBytes));
  expectEqual(`${title}: status`, response.status, 200);
  if (!response.body.equals(bodyOf(responseBytes))) {
    throw new Error(
      `${title}: the body, ${response.body.length} bytes of ${responseBytes}, is not what the backend sent`,
    );
  }
  const isChunked = path.startsWith(CHUNKED_FOLDER);
  expectEqual(`${title}: Transfer-Encoding`, response.headers['transfer-encoding'], isChunked ? 'chunked' : undefined);
  if (!isChunked) expectEqual(`${title}: Content-Length`, response.headers['content-length'], String(responseBytes));
}

/** Sends one request on a new connection, closed after the response. */
function send(port: number, method: string, path: string, body: Buffer = Buffer.alloc(0)): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const length = body.length > 0 ? { 'Content-Length': body.length } : {};
    const headers = { ...HEADERS, ...length, Host: HOST, Connection: 'close' };
    const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false, timeout: 10_000 });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`no response to ${method} ${path} within 10 s`)));
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.end(body);
  });
}

function expectEqual(what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted))
    throw new Error(`${what}: got ${JSON.stringify(got)}, expected ${JSON.stringify(wanted)}`);
}
