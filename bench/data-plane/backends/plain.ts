// Backends that need no installed program: one Node process on three ports.
import { fileURLToPath } from 'node:url';
import { freePorts, OwnProcess } from '../../contenders/processes.js';
import { LOAD_CORE, pinned } from '../pinning.js';
import { familyIds } from '../proc.js';
import { addressesOf, BACKENDS, type Backends } from './backends.js';

const PROGRAM = fileURLToPath(new URL('plain-program.ts', import.meta.url));

/** Starts the backends, and waits until all listen. */
export async function startPlain(): Promise<Backends> {
  const ports = await freePorts(BACKENDS);
  const { command, args } = pinned(LOAD_CORE, { command: process.execPath, args: [PROGRAM, ...ports.map(String)] });
  const server = OwnProcess.start('the backends', command, args);
  try {
    for (const port of ports) await server.listening(port);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { addresses: addressesOf(ports), pids: familyIds(server.pid), stop: () => server.end() };
}
