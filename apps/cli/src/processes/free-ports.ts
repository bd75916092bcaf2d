// Whether ports are free, so that one clear message replaces five failures, and whether something listens there.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import type { UsedPort } from './app-process.js';

/** Returns a message for each port that cannot be used. */
export async function portProblems(ports: readonly UsedPort[]): Promise<string[]> {
  const problems = await Promise.all(ports.map(problemOf));
  return problems.filter((problem) => problem !== undefined);
}

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether something accepts connections at a port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function problemOf({ port, use }: UsedPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(`port ${port} (${use}) ${reasonOf(code)}`));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(undefined)));
  });
}

function reasonOf(code = 'unknown error'): string {
  if (code === 'EADDRINUSE') return 'is already in use';
  return code === 'EACCES' ? 'needs the permission to listen below 1024' : `cannot be used: ${code}`;
}
