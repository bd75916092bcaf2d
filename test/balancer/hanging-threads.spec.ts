// Threads whose event loop stands still, and processes that are suspended as a whole.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join as joinPath } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { get, lastGet } from '../support/http-text.js';
import { INSPECTED, blockInSystemCall, blockThread } from '../support/inspector.js';
import { metricsOf, settled } from '../support/metrics.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, received, receivedUntil } from '../support/raw-client.js';
import { aFolder, startSupervisor } from '../support/supervisor.js';
import { holdingUpstream, httpUpstream, join } from '../support/upstreams.js';

const TWO = { DATA_PLANE_THREADS: '2', ...INSPECTED };
/** The shortest that is allowed. */
const SOON = { THREAD_STALL_SECONDS: '3' };
/** Longer than that. */
const SUSPENDED_MS = 6_000;

/** A backend that sends this text. */
async function joinSaying(balancer: Balancer, id: string): Promise<void> {
  const { port } = await httpUpstream((_, response) => response.end(`this is ${id}`));
  await join(balancer, id, port);
}

/** GETs on `count` connections, of which each thread has some; resolves when all were sent. */
async function sendGets(balancer: Balancer, count: number): Promise<Promise<string>[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(balancer.port)));
  for (const socket of sockets) socket.write(lastGet());
  return sockets.map(received);
}

const isReady = async ({ control }: Balancer) => (await fetch(`${control}/health/ready`)).ok;

/** What the readiness check says of the data plane once it fails. */
async function unready(balancer: Balancer): Promise<string> {
  let message = '';
  await until('the balancer not to be ready', async () => {
    const response = await fetch(`${balancer.control}/health/ready`);
    ({ message = '' } = (await response.json()) as { message?: string });
    return response.status === 503;
  });
  return message;
}

describe('a thread that hangs', () => {
  it('fails readiness by its name, nothing waits for it, and it catches up before it places a request', async () => {
    const balancer = await startBalancer({ ...TWO, MAX_BACKENDS: '1', THREAD_STALL_SECONDS: '0' });
    await joinSaying(balancer, 'a');
    const sockets = await Promise.all(Array.from({ length: 16 }, () => openSocket(balancer.port)));
    const first = sockets.map((socket) => receivedUntil(socket, 'this is a'));
    for (const socket of sockets) socket.write(get());
    await Promise.all(first);
    const blocked = await blockThread(balancer.process, aFolder());
    expect(await unready(balancer)).toMatch(/^thread [01] has not responded for \d+(\.5)? s$/);
    await balancer.process.logged('nothing waits for it any more');
    // These are read first when the thread goes on, before it is told of what follows.
    let responses = 0;
    const texts = sockets.map((socket) => receivedUntil(socket, 'this is ').finally(() => responses++));
    for (const socket of sockets) socket.write(get());
    await until('the other thread to serve its clients', async () => {
      const { inFlight, requests } = (await metricsOf(balancer)).fleet;
      return inFlight === 0 && requests === 16 + responses && responses > 0;
    });
    const ofOther = responses;
    expect(ofOther).toBeLessThan(16);
    const left = await fetch(`${balancer.control}/api/v1/backends/a`, { method: 'DELETE' });
    expect(left.status).toBe(204);
    // In the only row of the load table, which the backend before had.
    await joinSaying(balancer, 'b');
    expect((await fetch(`${balancer.control}/api/v1/requests`)).status).toBe(200);
    await blocked.release();
    const bodies = (await Promise.all(texts)).map((text) => text.slice(-'this is a'.length));
    const saying = (body: string) => bodies.filter((each) => each === body).length;
    expect([saying('this is a'), saying('this is b')]).toEqual([ofOther, 16 - ofOther]);
    await until('the balancer to be ready', () => isReady(balancer));
    await balancer.process.logged('responds again');
    await settled(balancer);
  });

  it('is replaced, and loses what it had in flight alone', async () => {
    const balancer = await startBalancer({ ...TWO, ...SOON });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port);
    const gets = await sendGets(balancer, 16);
    await holds(16);
    await blockThread(balancer.process, aFolder());
    await balancer.process.logged('has not responded for 3 s: it is terminated');
    await balancer.process.logged('was replaced');
    const { inFlight } = (await metricsOf(balancer)).fleet;
    expect(inFlight).toBeLessThan(16);
    held.forEach((response) => response.end('finished'));
    const texts = await Promise.all(gets);
    expect(texts.filter((text) => text.includes('finished'))).toHaveLength(inFlight);
    await settled(balancer);
    await until('the balancer to be ready', () => isReady(balancer));
  });

  it('ends the balancer on inherited sockets, and its supervisor starts another', async () => {
    const supervised = await startSupervisor(aFolder(), { ...TWO, ...SOON });
    await joinSaying(supervised, 'a');
    const blocked = await blockThread(supervised.process, aFolder());
    blocked.leave();
    await supervised.process.logged('it is terminated');
    await supervised.process.logged('an inherited socket cannot be reopened: shutting down');
    await until('another balancer to be ready', () => isReady(supervised).catch(() => false));
    for (const text of await Promise.all(await sendGets(supervised, 8))) expect(text).toContain('this is a');
  });

  it('aborts the process when a system call keeps it from ending, once the others have finished', async () => {
    const balancer = await startBalancer({ ...TWO, ...SOON });
    const pipe = joinPath(aFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    await joinSaying(balancer, 'a');
    const closed = once(balancer.process.child, 'close');
    await blockInSystemCall(balancer.process, pipe);
    await balancer.process.logged('a system call keeps it from ending: shutting down');
    await closed;
    expect(balancer.process.stderr).toContain('balancer: a thread cannot be ended: the process is aborted\n');
    expect(balancer.process.child.signalCode).toBe('SIGABRT');
  });

  it('ends the process when it is the main thread, which serves clients without others', async () => {
    const balancer = await startBalancer({ ...INSPECTED, ...SOON, DATA_PLANE_THREADS: '0' });
    const closed = once(balancer.process.child, 'close');
    await blockThread(balancer.process, aFolder(), 'main');
    await closed;
    expect(balancer.process.child.signalCode).toBe('SIGABRT');
    expect(balancer.process.stderr).toContain(
      'balancer: the main thread has not responded for 3 s: the process is ended\n',
    );
  });
});

describe('a process that is suspended for longer than a thread may hang', () => {
  it.each(['0', '2'])('keeps its threads, of which it has %s', async (threads) => {
    const balancer = await startBalancer({ ...SOON, DATA_PLANE_THREADS: threads, PING_ACK_INTERVAL_SECONDS: '0.5' });
    let pings = 0;
    const { port } = await httpUpstream((request, response) => {
      if (request.url === '/health') pings++;
      response.end('served');
    });
    await join(balancer, 'a', port, { pingPath: '/health' });
    balancer.process.child.kill('SIGSTOP');
    await sleep(SUSPENDED_MS);
    balancer.process.child.kill('SIGCONT');
    // Long enough for a thread to be condemned after that.
    const before = pings;
    await until('ten health checks', () => pings >= before + 10);
    for (const text of await Promise.all(await sendGets(balancer, 8))) expect(text).toContain('served');
    expect(await isReady(balancer)).toBe(true);
    const messages = balancer.process.lines.map(({ msg }) => msg);
    expect(messages.filter((msg) => msg?.includes('has not responded'))).toEqual([]);
  });
});
