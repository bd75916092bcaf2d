// A backend for where the suite's own cannot be: at an address of a network namespace, or with a backlog that can be
// filled. It sends its port to its parent once it listens. Run directly by Node.
//
//   node plain-backend.ts <address to listen on>
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerBody, ID_HEADER } from '../answer-body.ts';

/** The shortest queue of connections not yet accepted that Linux gives, so that it is filled soon. */
const BACKLOG = 1;

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  request.resume();
  const body = answerBody(String(request.headers[ID_HEADER]));
  response.writeHead(200, { 'content-length': body.length });
  response.end(body);
});
server.listen({ host: process.argv[2], port: 0, backlog: BACKLOG }, () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('disconnect', () => process.exit(0));
