// A backend that writes its responses to the socket as raw bytes, so that it can end them anywhere.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** A raw backend that listens. */
export interface RawBackend {
  readonly port: number;
  readonly stop: () => void;
}

/**
 * Listens on a free port and passes the path of every request on, with the socket for the response. Requests must have no
 * body; kept-alive connections bring one request after the other.
 */
export async function startRawBackend(respond: (path: string, socket: Socket) => void): Promise<RawBackend> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let head = '';
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1');
      for (let end = head.indexOf(HEAD_END); end >= 0; end = head.indexOf(HEAD_END)) {
        const path = head.split(' ', 2)[1];
        head = head.slice(end + HEAD_END.length);
        respond(path, socket);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
