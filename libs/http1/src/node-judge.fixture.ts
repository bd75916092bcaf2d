// Node's own HTTP parser, in its strict mode, as the judge of what this library says: a real server and a real client
// of `node:http`, on streams in memory.
import {
  Agent,
  createServer,
  request as requestUpstream,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Duplex } from 'node:stream';

/** A message as Node read it. */
export interface Judged {
  readonly startLine: string;
  /** Names and values in turns. */
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly body: string;
}

/** All that Node made of a client's bytes. */
export interface JudgedRequests {
  /** Only those that came whole. */
  readonly requests: Judged[];
  readonly error: string | undefined;
}

/** A connection whose other end is a script: it sends what it is told to, and ignores what it gets. */
class ScriptedSocket extends Duplex {
  // What Node calls on sockets that are no `net.Socket`.
  setTimeout(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}
  destroySoon(): void {
    this.destroy();
  }
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

const listeners = new WeakMap<object, (request: Judged) => void>();
const failures = new WeakMap<object, (error: Error) => void>();
const server = createServer({ insecureHTTPParser: false, maxHeaderSize: 65_536 }, (request, response) => {
  void serve(request, response);
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const message = await judged(request);
  if (message.isWhole) listeners.get(request.socket)?.(message);
  response.end();
}

server.on('clientError', (error, socket) => {
  failures.get(socket)?.(error);
  socket.destroy();
});

/** Gives a client's bytes to Node's server. Resolves when it read `expected` requests or found an error. */
export async function judgeRequests(bytes: Buffer, expected: number): Promise<JudgedRequests> {
  const socket = new ScriptedSocket();
  const requests: Judged[] = [];
  const error = await new Promise<string | undefined>((resolve) => {
    listeners.set(socket, (request) => {
      if (requests.push(request) === expected) resolve(undefined);
    });
    failures.set(socket, (failure) => resolve(failure.message));
    socket.once('close', () => resolve('closed'));
    server.emit('connection', socket);
    socket.push(bytes);
    // Whatever still waits for more bytes must hear that there are none, but not before the rest was looked at.
    setImmediate(() => setImmediate(() => socket.push(null)));
  });
  socket.destroy();
  return { requests, error };
}

/** What Node made of a backend's bytes. */
export interface JudgedResponse extends Judged {
  readonly statusCode: number;
  readonly httpVersion: string;
  /** Whether the connection could be used again. */
  readonly isPersistent: boolean;
  /** Whether its body came to its end. */
  readonly isWhole: boolean;
  readonly interim: readonly number[];
}

/** Gives a backend's bytes, and then the end of the connection, to Node's client. Resolves with the error it found, if any. */
export async function judgeResponse(bytes: Buffer, method: string): Promise<JudgedResponse | string> {
  const socket = new ScriptedSocket();
  const agent = new Agent({ keepAlive: true });
  let isPersistent = false;
  agent.createConnection = () => socket;
  agent.keepSocketAlive = () => {
    isPersistent = true;
    return false;
  };
  const upstream = requestUpstream({ agent, method, host: 'backend', insecureHTTPParser: false });
  upstream.useChunkedEncodingByDefault = false;
  const result = responseTo(upstream, () => isPersistent);
  upstream.end();
  // Node gives the socket to the request in a later tick, and then writes the request.
  upstream.once('finish', () => {
    socket.push(bytes);
    setImmediate(() => setImmediate(() => socket.push(null)));
  });
  const outcome = await result;
  socket.destroy();
  return outcome;
}

function responseTo(upstream: ClientRequest, isPersistent: () => boolean): Promise<JudgedResponse | string> {
  const interim: number[] = [];
  return new Promise((resolve) => {
    upstream.on('information', ({ statusCode }) => interim.push(statusCode));
    upstream.once('upgrade', () => resolve('upgraded'));
    upstream.once('error', (error) => resolve(error.message));
    upstream.once('response', (response: IncomingMessage) => {
      const { statusCode = 0, httpVersion } = response;
      // The agent is told about the connection behind the end of the response.
      void judged(response).then((message) =>
        setImmediate(() => resolve({ ...message, statusCode, httpVersion, interim, isPersistent: isPersistent() })),
      );
    });
  });
}

function judged(message: IncomingMessage): Promise<Judged & { readonly isWhole: boolean }> {
  const pieces: string[] = [];
  message.setEncoding('latin1').on('data', (piece: string) => pieces.push(piece));
  return new Promise((resolve) => {
    const finish = () => {
      const { method, url, statusMessage, rawHeaders, rawTrailers, complete } = message;
      const startLine = method === null || method === undefined ? `${statusMessage}` : `${method} ${url}`;
      resolve({ startLine, rawHeaders, rawTrailers, body: pieces.join(''), isWhole: complete });
    };
    message.once('end', finish).once('error', finish).once('close', finish);
  });
}
