// A backend that sends more than it announced: no client may get what follows a response as its own.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { get, head, response } from '../support/http-text.js';
import { startBalancer, until } from '../support/processes.js';
import { openSocket, receivedUntil } from '../support/raw-client.js';
import { join, tcpUpstream } from '../support/upstreams.js';

/** As much as the balancer reads at a time: the body ends where a read ends. */
const BODY_BYTES = 65_536;

it.each(['on', 'off'])('no client gets what a backend sends after a response (FAST_LANE=%s)', async (FAST_LANE) => {
  const balancer = await startBalancer({ FAST_LANE, DATA_PLANE_THREADS: '0' });
  const asked = new Map<string, Socket>();
  const { port } = await tcpUpstream((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      const path = /^GET (\S+)/.exec(bytes.toString('latin1'))?.[1] ?? '';
      asked.set(path, socket);
      if (path === '/other') socket.write(response('response to /other'));
    });
  });
  await join(balancer, 'a', port);

  const client = await openSocket(balancer.port);
  const first = receivedUntil(client, '\r\n\r\n');
  client.write(get('/first') + get('/second'));
  await until('the first request to be there', () => asked.has('/first'));
  const backend = asked.get('/first')!;
  backend.write(head('HTTP/1.1 200 OK', [`Content-Length: ${BODY_BYTES}`]));
  await first;
  const second = receivedUntil(client, 'response to /second');
  // Body and surplus wait together for the balancer while it is stopped.
  const { child } = balancer.process;
  child.kill('SIGSTOP');
  await until('the balancer to be stopped', () => stateOf(child.pid!) === 'T');
  const isTaken = backend.write(Buffer.concat([Buffer.alloc(BODY_BYTES, 'x'), Buffer.from(response('evil'))]));
  child.kill('SIGCONT');
  if (!isTaken) await Promise.race([once(backend, 'drain'), once(backend, 'close')]);

  await until('the second request to be there', () => asked.has('/second'));
  const other = await openSocket(balancer.port);
  other.write(get('/other'));
  expect(await receivedUntil(other, 'response to ')).toMatch(/response to \/other$/);
  asked.get('/second')!.write(response('response to /second'));
  expect(await second).not.toContain('evil');
});

/** The state of a process, as Linux abbreviates it: `T` is stopped. */
function stateOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1][0];
}
