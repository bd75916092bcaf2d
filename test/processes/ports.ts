// Ports of 127.0.0.1.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';

/** Different ports that nothing listens on, as the system gives them. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) servers.push((await listening(0))!);
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(closed));
  return ports;
}

/** Below the ports that Linux gives to outgoing connections (from 32768 on), so that the port of a dead process stays free. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;
const reserved = new Set<number>();

/** Different ports that nothing listens on, that this process has not reserved before and that no client is given. */
export async function reservePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (reserved.has(port)) continue;
    const server = await listening(port);
    if (server === undefined) continue;
    await closed(server);
    reserved.add(port);
    ports.push(port);
  }
  return ports;
}

/** Whether something listens on a port. */
export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A server on a port; undefined when the port is taken. */
function listening(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('listening', () => resolve(server));
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1');
  });
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
