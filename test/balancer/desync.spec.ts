// A backend that sends more than it announced: nobody may get what is behind an answer for his own.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startBalancer, until } from '../support/processes.js';
import { openSocket, receivedUntil } from '../support/raw-client.js';
import { join, tcpUpstream } from '../support/upstreams.js';

/** As much as is read at a time: a body that ends where a read ends. */
const BODY_BYTES = 65_536;
const SURPLUS = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
const answer = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

it.each(['on', 'off'])(
  'what a backend sends behind an answer is nobody else’s answer (FAST_LANE=%s)',
  async (FAST_LANE) => {
    const balancer = await startBalancer({ FAST_LANE, DATA_PLANE_THREADS: '0' });
    const { child } = balancer.process;
    const asked: string[] = [];
    const { port } = await tcpUpstream((socket) => {
      socket.setNoDelay(true);
      socket.on('data', (bytes: Buffer) => {
        const path = /^GET (\S+)/.exec(bytes.toString('latin1'))?.[1] ?? '';
        asked.push(path);
        if (path === '/first') void sendTooMuch();
        else if (path === '/second') setTimeout(() => socket.write(answer('answer to /second')), 100);
        else socket.write(answer(`answer to ${path}`));
      });
      async function sendTooMuch() {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
        await sleep(50);
        // Stopped, so that body and surplus wait for it together.
        child.kill('SIGSTOP');
        socket.write(Buffer.concat([Buffer.alloc(BODY_BYTES, 'x'), Buffer.from(SURPLUS)]));
        await sleep(100);
        child.kill('SIGCONT');
      }
    });
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    const second = receivedUntil(client, 'answer to /second');
    client.write(get('/first') + get('/second'));
    await until('the second to be asked', () => asked.includes('/second'));
    const other = await openSocket(balancer.port);
    other.write(get('/other'));
    expect(await receivedUntil(other, 'answer to ')).toMatch(/answer to \/other$/);
    expect(await second).not.toContain('evil');
  },
);
