// http-proxy-middleware on Node's HTTP server, without anything else.
import { createServer } from 'node:http';
import { KEEP_ALIVE_MS, port, proxy } from './proxy.ts';

const server = createServer((request, response) => {
  void proxy(request, response, () => response.writeHead(500).end());
});
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(port, '127.0.0.1');
