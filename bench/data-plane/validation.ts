// Before anything is timed: does a contender do its work? Right bodies, requests that reach the backends unchanged,
// X-Forwarded-For, and a turn for every backend.
import { createHash } from 'node:crypto';
import { request, type IncomingHttpHeaders } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { BACKEND_HEADER, type Echo } from './backends/backends.js';
import { bodyOf, CHUNKED_FOLDER, HEADERS, type Case } from './cases.js';

const SPREAD_REQUESTS = 30;
const HOST = 'shop.example.org';
const POSTED = bodyOf(16 * 1024);

/** An answer, read to its end. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** @throws {Error} a sentence on what is wrong. */
export async function validate(port: number, backendPorts: readonly number[], cases: readonly Case[]): Promise<void> {
  await reachesBackends(port);
  await spreads(port, backendPorts);
  for (const each of cases) await answersRightly(port, each);
}

/** Method, target with query, Host, the client's headers and the body arrive as they were sent. */
async function reachesBackends(port: number): Promise<void> {
  for (const method of ['GET', 'POST']) {
    const body = method === 'POST' ? POSTED : Buffer.alloc(0);
    const target = '/echo?a=1&b=%2Fx';
    const answer = await ask(port, method, target, body);
    expectEqual(`status of ${method} /echo`, answer.status, 200);
    const echo = JSON.parse(answer.body.toString()) as Echo;
    expectEqual('method', echo.method, method);
    expectEqual('target', echo.target, target);
    expectEqual('Host', echo.headers.host, HOST);
    expectEqual('body', echo.bodySha256, createHash('sha256').update(body).digest('hex'));
    for (const [name, value] of Object.entries(HEADERS)) expectEqual(name, echo.headers[name.toLowerCase()], value);
    expectEqual('X-Forwarded-For', echo.headers['x-forwarded-for'], '127.0.0.1');
  }
}

async function spreads(port: number, backendPorts: readonly number[]): Promise<void> {
  const asked = Array.from({ length: SPREAD_REQUESTS }, () => ask(port, 'GET', '/files/100'));
  const served = new Set((await Promise.all(asked)).map(({ headers }) => Number(headers[BACKEND_HEADER])));
  const missing = backendPorts.filter((each) => !served.has(each));
  if (missing.length > 0) {
    throw new Error(`of ${SPREAD_REQUESTS} requests ${missing.length} of ${backendPorts.length} backends got none`);
  }
}

async function answersRightly(port: number, { title, path, answerBytes, requestBytes }: Case): Promise<void> {
  const answer = await ask(port, requestBytes > 0 ? 'POST' : 'GET', path, bodyOf(requestBytes));
  expectEqual(`${title}: status`, answer.status, 200);
  if (!answer.body.equals(bodyOf(answerBytes))) {
    throw new Error(`${title}: the body, ${answer.body.length} bytes of ${answerBytes}, is not what the backend sent`);
  }
  const isChunked = path.startsWith(CHUNKED_FOLDER);
  expectEqual(`${title}: Transfer-Encoding`, answer.headers['transfer-encoding'], isChunked ? 'chunked' : undefined);
  if (!isChunked) expectEqual(`${title}: Content-Length`, answer.headers['content-length'], String(answerBytes));
}

/** One request, on a connection of its own that ends with it. */
function ask(port: number, method: string, path: string, body: Buffer = Buffer.alloc(0)): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body.length > 0 ? { 'Content-Length': body.length } : {};
    const headers = { ...HEADERS, ...length, Host: HOST, Connection: 'close' };
    const asked = request({ port, host: '127.0.0.1', method, path, headers, agent: false, timeout: 10_000 });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error(`no answer to ${method} ${path} within 10 s`)));
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    asked.end(body);
  });
}

function expectEqual(what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted))
    throw new Error(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}
