// http-proxy-middleware as a minimal load balancer: round robin over the backends, with keep-alive connections to them.
// Environment: PORT, TARGETS (URLs, separated by commas).
import { Agent } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';

/** The port it listens on, on 127.0.0.1. */
export const port = Number(process.env.PORT);

/** Idle timeout of client connections, the same as that of the other contenders. */
export const KEEP_ALIVE_MS = 75_000;

const targets = (process.env.TARGETS ?? '').split(',');
let turn = 0;

/** The middleware, created once. */
export const proxy = createProxyMiddleware({
  router: () => targets[turn++ % targets.length],
  agent: new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024 }),
  xfwd: true,
});
