// The backend of the slow attacks: leaves some requests without a response, responds to others without end, and serves the
// rest as the backend of the chaos suite does. It sends its port to its parent once it listens. Run directly by Node.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { answerBody, ID_HEADER } from '../../chaos/answer-body.ts';
import { ENDLESS_PATH, HANG_PATH, LARGE_BYTES, LARGE_PATH } from './paths.ts';

const BLOCK = Buffer.alloc(64 * 1024, 'x');
const BLOCK_CHUNK = Buffer.concat([Buffer.from(`${BLOCK.length.toString(16)}\r\n`), BLOCK, Buffer.from('\r\n')]);

const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
  response.on('error', () => {});
  request.on('error', () => {}).resume();
  const { url } = request;
  if (url === HANG_PATH) return;
  if (url === LARGE_PATH) respond(response, Buffer.alloc(LARGE_BYTES, 'x'));
  else request.once('end', () => respond(response, answerBody(String(request.headers[ID_HEADER]))));
});
server.on('upgrade', ({ url }, stream) => {
  const socket = stream as Socket;
  socket.on('error', () => {});
  if (url === ENDLESS_PATH) refuseWithoutEnd(socket);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));

/** Refuses an upgrade, with a body as fast as it is taken in. */
function refuseWithoutEnd(socket: Socket): void {
  socket.write('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n');
  const fill = () => {
    while (!socket.destroyed && socket.write(BLOCK_CHUNK));
  };
  socket.on('drain', fill);
  fill();
}

function respond(response: ServerResponse, body: string | Buffer): void {
  response.writeHead(200, { 'content-length': body.length });
  response.end(body);
}
