// http-proxy-middleware as somebody would use it who wants a load balancer by this evening: the backends in turn, the
// connections to them kept. Environment: PORT, TARGETS (URLs, separated by commas).
import { Agent } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';

/** Where it listens, on 127.0.0.1. */
export const port = Number(process.env.PORT);

/** As long as the others keep an idle client. */
export const KEEP_ALIVE_MS = 75_000;

const targets = (process.env.TARGETS ?? '').split(',');
let turn = 0;

/** The middleware, built once. */
export const proxy = createProxyMiddleware({
  router: () => targets[turn++ % targets.length],
  agent: new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024 }),
  xfwd: true,
});
