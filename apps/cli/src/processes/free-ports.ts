// Finds out before anything starts whether the ports are free, so that one clear message replaces five failures.
import { createServer } from 'node:net';
import type { UsedPort } from './app-process.js';

/** Returns a message for each port that cannot be used. */
export async function portProblems(ports: readonly UsedPort[]): Promise<string[]> {
  const problems = await Promise.all(ports.map(problemOf));
  return problems.filter((problem) => problem !== undefined);
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
