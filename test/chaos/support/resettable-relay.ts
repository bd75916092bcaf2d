// A way to a backend on which all connections can be reset at any moment, whatever the backend is doing.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface ResettableRelay {
  readonly port: number;
  /** Resets all open connections, and returns how many. */
  readonly reset: () => number;
  readonly stop: () => void;
}

/** Relays bytes between clients and the backend at this port. */
export async function startRelay(backendPort: number): Promise<ResettableRelay> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    sockets.add(client);
    const backend = connect({ port: backendPort, host: '127.0.0.1', noDelay: true });
    client.pipe(backend).pipe(client);
    // A backend that is not there or that was killed ends its side as the kernel would.
    backend.on('error', () => client.resetAndDestroy());
    client.on('error', () => {});
    client.once('close', () => {
      sockets.delete(client);
      backend.destroy();
    });
  });
  const reset = () => {
    const count = sockets.size;
    for (const socket of sockets) socket.resetAndDestroy();
    return count;
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    reset();
  };
  return { port: (server.address() as AddressInfo).port, reset, stop };
}
