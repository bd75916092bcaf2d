// An HTTP/1.1 server in place of nginx: it responds to the requests of all cases with the bytes that nginx would send.
// It frames requests itself, because Node's HTTP server needs several times as much CPU time per request. A backend
// that cannot keep up leaves the proxy idle, and an idle proxy uses more CPU time per request.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { bodyOf, CASES, CHUNKED_FOLDER } from '../cases.ts';
import { BACKEND_HEADER, type Echo } from './backends.ts';

/** Size of each chunk of a chunked response, bytes. */
const CHUNK_BYTES = 4096;

/** How often the Date field is renewed: it has a resolution of one second. */
const DATE_INTERVAL_MS = 1_000;

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const SPACE = Buffer.from(' ');
const CAPITAL_G = 0x47;

/** Listens on this port of 127.0.0.1; 0 picks a free one. */
export async function servePlainly(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const responses = new Responses((server.address() as AddressInfo).port);
  const timer = setInterval(() => responses.renew(), DATE_INTERVAL_MS);
  server.on('connection', (socket) => serve(socket, responses));
  server.once('close', () => clearInterval(timer));
  return server;
}

/** Responds to the requests of a connection in order, until the client closes it. */
function serve(socket: Socket, responses: Responses): void {
  let unread: Buffer = Buffer.alloc(0);
  socket.setNoDelay();
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    for (let size = requestSize(unread); size !== undefined; size = requestSize(unread)) {
      socket.write(responses.to(unread.subarray(0, size)));
      unread = unread.subarray(size);
    }
  });
}

/** Size of the first request, bytes; undefined while it is incomplete. */
export function requestSize(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end === -1) return undefined;
  const headSize = end + END_OF_HEAD.length;
  // A GET of this benchmark has no body, so its fields need not be read.
  if (bytes[0] === CAPITAL_G) return headSize;
  const bodySize = Number(fieldsOf(bytes.toString('latin1', 0, end))['content-length'] ?? 0);
  return bytes.length < headSize + bodySize ? undefined : headSize + bodySize;
}

/** The fields of a head, by lower-case name. */
function fieldsOf(head: string): Record<string, string> {
  const lines = head.split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/** The responses of one backend, ready to send. */
class Responses {
  private byTarget = new Map<string, Buffer>();
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
    this.renew();
  }

  /** Rebuilds the responses with the current time. */
  renew(): void {
    this.byTarget = new Map([
      ['/health', this.response('200 OK', Buffer.from('up'))],
      ...CASES.map(({ path, responseBytes }) => {
        const isChunked = path.startsWith(CHUNKED_FOLDER);
        return [path, this.response('200 OK', bodyOf(responseBytes), isChunked)] as const;
      }),
    ]);
  }

  /** The response to a complete request. */
  to(request: Buffer): Buffer {
    const begin = request.indexOf(SPACE) + 1;
    const target = request.toString('latin1', begin, request.indexOf(SPACE, begin));
    const response = this.byTarget.get(target);
    if (response !== undefined) return response;
    if (target.startsWith('/echo?')) return this.response('200 OK', echoOf(request, target));
    return this.response('404 Not Found', Buffer.from('no such file'));
  }

  private response(status: string, body: Buffer, isChunked = false): Buffer {
    const head = [
      `HTTP/1.1 ${status}`,
      'Server: plain',
      `Date: ${new Date().toUTCString()}`,
      'Content-Type: text/html',
      isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`,
      `${BACKEND_HEADER}: ${this.port}`,
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), ...(isChunked ? chunked(body) : [body])]);
  }
}

/** The body in chunks, as RFC 9112 §7.1 frames them. */
function chunked(body: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const chunk = body.subarray(at, at + CHUNK_BYTES);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return [...chunks, Buffer.from('0\r\n\r\n')];
}

/** The request as JSON. */
function echoOf(request: Buffer, target: string): Buffer {
  const end = request.indexOf(END_OF_HEAD);
  const head = request.toString('latin1', 0, end);
  const echo: Echo = {
    method: head.slice(0, head.indexOf(' ')),
    target,
    headers: fieldsOf(head),
    bodySha256: createHash('sha256')
      .update(request.subarray(end + END_OF_HEAD.length))
      .digest('hex'),
  };
  return Buffer.from(JSON.stringify(echo));
}
