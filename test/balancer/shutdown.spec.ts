import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startBalancer, until } from '../support/processes.js';
import { openSocket, received } from '../support/raw-client.js';
import { httpUpstream, join } from '../support/upstreams.js';

/** Whether a connection is refused. */
function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

describe('shutdown', () => {
  it('finishes what is in flight, accepts nobody, and exits with 0', async () => {
    const balancer = await startBalancer();
    const release: (() => void)[] = [];
    const { port } = await httpUpstream((_, response) => release.push(() => response.end('finished')));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('the request to be there', () => release.length === 1);
    const stopped = balancer.process.stop('SIGTERM');
    await balancer.process.logged('shutting down');
    await until('nobody to be accepted', () => isRefused(balancer.port));
    const answer = received(socket);
    release[0]();
    expect(await answer).toMatch(/finished$/);
    expect(await stopped).toBe(0);
    expect(balancer.process.stderr).toBe('');
    // For the next start.
    expect(existsSync(new URL('../../dist/compile-cache', import.meta.url))).toBe(true);
  });
});
