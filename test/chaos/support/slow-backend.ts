// A backend of long bodies: sends downloads as fast as they are taken in, reads uploads slowly, and responds to
// anything else as the suite's backend does. It sends its port to its parent once it listens. Run directly by Node.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerBody, ID_HEADER } from '../answer-body.ts';
import { DOWNLOAD_PATH, readSlowly, sendFast, UPLOAD_PATH } from './slow-bodies.ts';

// Disables Node's timeouts: an upload of 200 MiB at 1 MB/s takes most of the 300 s that a request has by default.
const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
  response.on('error', () => {});
  const { url = '/' } = request;
  if (url.startsWith(DOWNLOAD_PATH)) void sendDownload(response, Number(url.slice(DOWNLOAD_PATH.length)));
  else if (url.startsWith(UPLOAD_PATH)) void takeUpload(request, response, Number(url.slice(UPLOAD_PATH.length)));
  else respond(response, answerBody(String(request.headers[ID_HEADER])));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));

async function sendDownload(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-length': bytes });
  await sendFast(response, bytes);
}

/** Responds with the number of bytes received. */
async function takeUpload(request: IncomingMessage, response: ServerResponse, bytesPerSecond: number): Promise<void> {
  try {
    respond(response, String(await readSlowly(request, bytesPerSecond)));
  } catch {
    response.destroy();
  }
}

function respond(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-length': body.length });
  response.end(body);
}
