// A backend without a framework. It serves with node:http and belongs to a Fairlead fleet while it runs: it registers with
// a lease, renews the lease, registers again when the balancer has forgotten it, and leaves on SIGTERM or SIGINT.
//
//   node backend.mjs            Node 20 or newer, no packages; the variables are below
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const {
  // The balancer's control plane.
  BALANCER_URL = 'http://127.0.0.1:9797',
  // Needed if the balancer has tokens: one with the role register.
  CONTROL_PLANE_TOKEN,
  // A name of its own in the fleet.
  BACKEND_ID = 'node-1',
  // 0 takes a free port.
  BACKEND_PORT = '8080',
  // The balancer removes a backend that has not renewed its lease for this long.
  LEASE_SECONDS = '30',
} = process.env;

const RETRY_MS = 1000;
const REQUEST_TIMEOUT_MS = 5000;
/** How long requests in flight may take after SIGTERM. */
const DRAIN_SECONDS = 10;
const DRAIN_POLL_MS = 100;

const server = createServer((request, response) => {
  const text = request.url === '/health' ? 'ok\n' : `${request.method} ${request.url}, served by ${BACKEND_ID}\n`;
  response.setHeader('Content-Type', 'text/plain');
  // The response follows the body of the request.
  request.resume().once('end', () => response.end(text));
});
/** Proves to the balancer that this backend is its own. */
let secret;
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping.abort());

server.listen(Number(BACKEND_PORT));
await once(server, 'listening');
const { port } = server.address();
console.log(`${BACKEND_ID} listens on port ${port}`);
try {
  await stayMember();
  await leave();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
server.close();

/** Resolves when the process is told to stop. */
async function stayMember() {
  while (!stopping.signal.aborted) {
    const renewEverySeconds = await register();
    if (renewEverySeconds !== undefined) await renewUntilForgotten(renewEverySeconds);
  }
}

/** Returns how often the lease must be renewed; undefined when the balancer did not accept the registration this time. */
async function register() {
  const response = await call('POST', '', {
    id: BACKEND_ID,
    // The balancer reaches the backend at this port of the address that the registration comes from.
    port,
    // Capacity, units per second.
    resources: { compute: 20, storage: 20 },
    pingPath: '/health',
    leaseSeconds: Number(LEASE_SECONDS),
  });
  if (response.ok) {
    // Only the registration that makes this process the owner of the backend gets one.
    secret = response.body.secret ?? secret;
    console.log(`registered with ${BALANCER_URL}`);
    return response.body.lease.renewEverySeconds;
  }
  // Another attempt would be refused as well.
  const isRefused = response.status >= 400 && response.status < 500 && response.status !== 429;
  if (isRefused) throw new Error(`${BALANCER_URL} refuses the registration: ${response.body?.message}`);
  await pause(RETRY_MS);
  return undefined;
}

async function renewUntilForgotten(renewEverySeconds) {
  for (;;) {
    await pause(renewEverySeconds * 1000);
    if (stopping.signal.aborted) return;
    const { status } = await call('PUT', `/${encodeURIComponent(BACKEND_ID)}/lease`);
    // 404: the balancer has forgotten the backend. 403: another process has registered as it.
    if (status === 404 || status === 403) return;
  }
}

/** Resolves when the balancer sends no more requests here and those in flight are finished. */
async function leave() {
  const path = `/${encodeURIComponent(BACKEND_ID)}`;
  let { status } = await call('DELETE', `${path}?timeoutSeconds=${DRAIN_SECONDS}`);
  // 202: the balancer waits for requests in flight. 404: the backend is gone.
  while (status === 202 || status === 200) {
    await sleep(DRAIN_POLL_MS);
    ({ status } = await call('GET', path));
  }
  console.log(`left ${BALANCER_URL}`);
}

/** Calls the registration API. Status 0 means that there was no response. */
async function call(method, path, body) {
  const options = { method, headers: { 'Content-Type': 'application/json' } };
  if (CONTROL_PLANE_TOKEN) options.headers.Authorization = `Bearer ${CONTROL_PLANE_TOKEN}`;
  if (secret) options.headers['Fairlead-Backend-Secret'] = secret;
  if (body) options.body = JSON.stringify(body);
  try {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const response = await fetch(new URL(`/api/v1/backends${path}`, BALANCER_URL), { ...options, signal });
    const text = await response.text();
    return { ok: response.ok, status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  } catch (error) {
    console.error(`${method} ${BALANCER_URL}: ${error.cause?.message ?? error.message}`);
    return { ok: false, status: 0, body: undefined };
  }
}

/** Waits, but not beyond the signal to stop. */
async function pause(durationMs) {
  await sleep(durationMs, undefined, { signal: stopping.signal }).catch(() => {});
}
