// The footprint of a contender without load: its start-up time, its memory when idle, and its memory with idle client
// connections.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BackendAddress } from '../contenders/contender.js';
import { OwnProcess } from '../contenders/processes.js';
import { filePath } from './cases.js';
import type { Entry } from './contenders.js';
import { LOAD_CORE, pinned } from './pinning.js';
import { residentKib } from './proc.js';
import { start, type Running } from './running.js';

const CLIENT = fileURLToPath(new URL('idle-connections.ts', import.meta.url));

/** Connections left idle, each after one request. */
export const IDLE_CONNECTIONS = 10_000;

/** How long nothing has happened before memory is read. */
const SETTLE_MS = 2_000;

export interface Footprint {
  readonly contender: string;
  /** From start to ready, for each start. */
  readonly readyMs: readonly number[];
  /** Resident memory after the start. */
  readonly idleKib: number;
  /** Resident memory with the idle connections. */
  readonly connectedKib: number;
  readonly kibPerConnection: number;
}

/** Starts a contender `starts` times; measures its memory after the last start. */
export async function footprint(
  entry: Entry,
  backends: readonly BackendAddress[],
  { folder, starts }: { readonly folder: string; readonly starts: number },
): Promise<Footprint> {
  const readyMs: number[] = [];
  for (let i = 1; i < starts; i++) {
    const running = await start(entry, backends, folder);
    readyMs.push(running.readyMs);
    await running.process.stop();
  }
  const running = await start(entry, backends, folder);
  readyMs.push(running.readyMs);
  try {
    return { contender: entry.name, readyMs, ...(await memory(running)) };
  } finally {
    await running.process.stop();
  }
}

async function memory({ port, process: { pid } }: Running): Promise<Omit<Footprint, 'contender' | 'readyMs'>> {
  await sleep(SETTLE_MS);
  const idleKib = residentKib(pid);
  const { command, args } = pinned(LOAD_CORE, {
    command: process.execPath,
    args: [CLIENT, String(port), filePath(100), String(IDLE_CONNECTIONS)],
  });
  const client = OwnProcess.start('the idle clients', command, args, {}, 'pipe');
  try {
    await client.says('idle\n');
    await sleep(SETTLE_MS);
    client.assertRuns();
    const connectedKib = residentKib(pid);
    return { idleKib, connectedKib, kibPerConnection: (connectedKib - idleKib) / IDLE_CONNECTIONS };
  } finally {
    await client.stop();
  }
}
