// Backends that a test controls in every detail.
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { switchTo } from './http-text.js';
import { bearer } from './bearer.js';
import { whenTestEnds, type AtEnd } from './lifetime.js';
import { backendIn, until, type Balancer } from './processes.js';

/** Serves HTTP on a free port of 127.0.0.1. */
export async function httpUpstream(
  listener: RequestListener,
  atEnd: AtEnd = whenTestEnds,
): Promise<HttpServer & { port: number }> {
  return listening(createHttpServer(listener), atEnd);
}

/** A backend that holds its responses until the test sends them. */
export interface HoldingUpstream {
  readonly port: number;
  /** The responses to all requests so far, in their order. */
  readonly held: readonly ServerResponse[];
  /** Waits until it has received `count` requests. */
  holds(count: number): Promise<void>;
}

export async function holdingUpstream(): Promise<HoldingUpstream> {
  const held: ServerResponse[] = [];
  const { port } = await httpUpstream((_, response) => void held.push(response));
  return { port, held, holds: (count) => until(`${count} requests to be there`, () => held.length === count) };
}

/** A backend that switches to the protocol a request asks for and sends back what it gets; without one it says `no upgrade`. */
export async function echoUpstream(atEnd: AtEnd = whenTestEnds): Promise<HttpServer & { port: number }> {
  const server = await httpUpstream((_, response) => response.end('no upgrade'), atEnd);
  server.on('upgrade', ({ headers }, socket) => {
    socket.on('error', () => {});
    socket.write(switchTo(headers.upgrade ?? ''));
    socket.pipe(socket);
  });
  return server;
}

/** Serves raw TCP: what comes in goes to `onConnection`, which says what goes out. */
export async function tcpUpstream(
  onConnection: (socket: Socket) => void,
  atEnd: AtEnd = whenTestEnds,
): Promise<Server & { port: number }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  atEnd(() => sockets.forEach((socket) => socket.destroy()));
  return listening(server, atEnd);
}

async function listening<Listener extends Server>(
  server: Listener,
  atEnd: AtEnd,
): Promise<Listener & { port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    if ('closeAllConnections' in server) (server as unknown as HttpServer).closeAllConnections();
    server.close();
  });
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

/** Registers a backend by hand and returns the response. */
export function register(control: string, body: unknown): Promise<Response> {
  return fetch(`${control}/api/v1/backends`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Registers 127.0.0.1:port and waits until it is up. */
export async function join({ control }: Balancer, id: string, port: number, more: object = {}): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  const response = await register(control, { id, url, resources: { compute: 10, storage: 10 }, ...more });
  if (!response.ok) throw new Error(await response.text());
  await backendIn(control, id, 'up');
}

/** Removes all backends, so that tests can share a balancer. */
export async function emptyFleet({ control }: Balancer, token?: string): Promise<void> {
  const url = `${control}/api/v1/backends`;
  const headers = bearer(token);
  const ids = async () =>
    ((await (await fetch(url, { headers })).json()) as { backends: { id: string }[] }).backends.map(({ id }) => id);
  for (const id of await ids()) await fetch(`${url}/${encodeURIComponent(id)}`, { method: 'DELETE', headers });
  await until('the fleet to be empty', async () => (await ids()).length === 0);
}
