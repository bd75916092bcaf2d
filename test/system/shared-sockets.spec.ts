// The sockets of a data plane with several threads: one for each, on the same port, handed from process to process.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bindSockets, type SharedSockets } from '../../scripts/supervision/sockets.ts';
import { keepAsking } from '../support/supervisor.js';

/** Accepts on both data sockets; at SIGTERM stops accepting, responds to the open requests, and reports the count of each socket. */
const ACCEPTOR = `
  const { createServer } = require('node:http');
  const { Server } = require('node:net');
  const counts = [0, 0];
  const servers = counts.map((_, index) => createServer((_, response) => {
    counts[index]++;
    response.end('answer');
  }).listen({ fd: 3 + index }));
  Promise.all(servers.map((server) => new Promise((resolve) => server.on('listening', resolve))))
    .then(() => process.send('ready'));
  process.on('SIGTERM', () => {
    const closed = servers.map((server) => new Promise((resolve) => Server.prototype.close.call(server, resolve)));
    Promise.all(closed).then(() => process.send(counts, () => process.exit(0)));
  });
`;

const HERE = '127.0.0.1';

async function bindTwo(): Promise<SharedSockets> {
  const ports = { DATA_PLANE_HOST: HERE, DATA_PLANE_PORT: 0, CONTROL_PLANE_HOST: HERE, CONTROL_PLANE_PORT: 0 };
  const sockets = await bindSockets({ ...ports, SHUTDOWN_TIMEOUT_SECONDS: 1, DATA_PLANE_THREADS: 2 });
  onTestFinished(() => sockets.close());
  return sockets;
}

async function startAcceptor({ descriptors }: SharedSockets): Promise<ChildProcess> {
  const stdio = ['ignore', 'inherit', 'inherit', ...descriptors, 'ipc'] as const;
  const child = spawn(process.execPath, ['-e', ACCEPTOR], { stdio: [...stdio] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

describe('shared sockets', () => {
  it('sockets are known by their names, and those of the data plane share a port', async () => {
    const sockets = await bindTwo();
    expect(sockets.names).toBe('data:data:control');
    expect(new Set(sockets.descriptors).size).toBe(3);
    expect(sockets.controlPort).not.toBe(sockets.dataPort);
  });

  it('no connection is lost from one process to the next, and each socket gets some', async () => {
    const sockets = await bindTwo();
    let serving = await startAcceptor(sockets);
    const clients = keepAsking(`http://${HERE}:${sockets.dataPort}`, 4, { keepAlive: false });
    for (let round = 0; round < 3; round++) {
      const next = await startAcceptor(sockets);
      const counted = once(serving, 'message');
      serving.kill('SIGTERM');
      const [[first, second]] = (await counted) as [[number, number]];
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(0);
      serving = next;
    }
    expect((await clients.stop()).failures).toEqual([]);
  });
});
