// Node's own HTTP parser in strict mode, as the reference that this library is compared with: a real server and a real
// client of `node:http`, on streams in memory.
import {
  Agent,
  createServer,
  request as requestUpstream,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Duplex } from 'node:stream';

/** A message as read by Node. */
export interface ParsedMessage {
  readonly startLine: string;
  /** Names and values alternating. */
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly body: string;
}

/** What Node read from a client's bytes. */
export interface ParsedRequests {
  /** Only complete requests. */
  readonly requests: ParsedMessage[];
  readonly error: string | undefined;
}

/** A connection whose remote end is scripted: it sends what the test pushes and ignores what it receives. */
class ScriptedSocket extends Duplex {
  // Methods that Node calls on sockets although `Duplex` has none of them.
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

const listeners = new WeakMap<object, (request: ParsedMessage) => void>();
const failures = new WeakMap<object, (error: Error) => void>();
const server = createServer({ insecureHTTPParser: false, maxHeaderSize: 65_536 }, (request, response) => {
  void serve(request, response);
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const message = await readMessage(request);
  if (message.isComplete) listeners.get(request.socket)?.(message);
  response.end();
}

server.on('clientError', (error, socket) => {
  failures.get(socket)?.(error);
  socket.destroy();
});

/** Passes a client's bytes to Node's server. Resolves when it has read `expected` requests or found an error. */
export async function parseRequests(bytes: Buffer, expected: number): Promise<ParsedRequests> {
  const socket = new ScriptedSocket();
  const requests: ParsedMessage[] = [];
  const error = await new Promise<string | undefined>((resolve) => {
    listeners.set(socket, (request) => {
      if (requests.push(request) === expected) resolve(undefined);
    });
    failures.set(socket, (failure) => resolve(failure.message));
    socket.once('close', () => resolve('closed'));
    server.emit('connection', socket);
    socket.push(bytes);
    // Ends the input for a parser that still waits for bytes, after the rest was processed.
    setImmediate(() => setImmediate(() => socket.push(null)));
  });
  socket.destroy();
  return { requests, error };
}

/** What Node read from a backend's bytes. */
export interface ParsedResponse extends ParsedMessage {
  readonly statusCode: number;
  readonly httpVersion: string;
  /** Whether Node would reuse the connection. */
  readonly isPersistent: boolean;
  /** Whether its body is complete. */
  readonly isComplete: boolean;
  readonly interim: readonly number[];
}

/**
 * Passes a backend's bytes, then the end of the connection, to Node's client. Resolves with the error message, if any.
 */
export async function parseResponse(bytes: Buffer, method: string): Promise<ParsedResponse | string> {
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
  // Node assigns the socket to the request in a later tick, and then writes the request.
  upstream.once('finish', () => {
    socket.push(bytes);
    setImmediate(() => setImmediate(() => socket.push(null)));
  });
  const outcome = await result;
  socket.destroy();
  return outcome;
}

function responseTo(upstream: ClientRequest, isPersistent: () => boolean): Promise<ParsedResponse | string> {
  const interim: number[] = [];
  return new Promise((resolve) => {
    upstream.on('information', ({ statusCode }) => interim.push(statusCode));
    upstream.once('upgrade', () => resolve('upgraded'));
    upstream.once('error', (error) => resolve(error.message));
    upstream.once('response', (response: IncomingMessage) => {
      const { statusCode = 0, httpVersion } = response;
      // The agent is notified of the connection after the end of the response.
      void readMessage(response).then((message) =>
        setImmediate(() => resolve({ ...message, statusCode, httpVersion, interim, isPersistent: isPersistent() })),
      );
    });
  });
}

function readMessage(message: IncomingMessage): Promise<ParsedMessage & { readonly isComplete: boolean }> {
  const pieces: string[] = [];
  message.setEncoding('latin1').on('data', (piece: string) => pieces.push(piece));
  return new Promise((resolve) => {
    const finish = () => {
      const { method, url, statusMessage, rawHeaders, rawTrailers, complete } = message;
      const startLine = method === null || method === undefined ? `${statusMessage}` : `${method} ${url}`;
      resolve({ startLine, rawHeaders, rawTrailers, body: pieces.join(''), isComplete: complete });
    };
    message.once('end', finish).once('error', finish).once('close', finish);
  });
}
