// Backends that do exactly what a test tells them to.
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { backendIn, type Balancer } from './processes.js';

/** Serves HTTP on a free port of 127.0.0.1 until the test is over. */
export async function httpUpstream(listener: RequestListener): Promise<HttpServer & { port: number }> {
  const server = createHttpServer(listener);
  return listening(server);
}

/** Serves raw TCP: what comes in goes to `onConnection`, which says what goes out. */
export async function tcpUpstream(onConnection: (socket: Socket) => void): Promise<Server & { port: number }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return listening(server);
}

async function listening<Listener extends Server>(server: Listener): Promise<Listener & { port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    if ('closeAllConnections' in server) (server as unknown as HttpServer).closeAllConnections();
    server.close();
  });
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

/** Registers a backend by hand and answers the response. */
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
