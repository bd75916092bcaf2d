// The footprint of a contender without load: its start-up time, its memory when idle, and its memory with idle client
// connections.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { OwnProcess } from '../contenders/processes.js';
import { filePath } from './cases.js';
import type { Entry } from './contenders.js';
import { LOAD_CORE, pinned } from './pinning.js';
import { residentKib } from './proc.js';
import { start, type Running, type Setting } from './running.js';

const CLIENT = fileURLToPath(new URL('idle-connections.ts', import.meta.url));

/** Connections left idle, each after one request. */
export const IDLE_CONNECTIONS = 10_000;
/** The same over TLS: fewer, since each needs a handshake. */
const SECURE_IDLE_CONNECTIONS = 2_000;

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
  /** Undefined without TLS. */
  readonly kibPerSecureConnection: number | undefined;
}

/** Starts a contender `starts` times; measures its memory after the last start. */
export async function footprint(entry: Entry, setting: Setting, starts: number): Promise<Footprint> {
  const readyMs: number[] = [];
  for (let i = 1; i < starts; i++) {
    const running = await start(entry, setting);
    readyMs.push(running.readyMs);
    await running.process.stop();
  }
  const plain = await memoryOf(entry, setting, false);
  const secure = entry.speaksTls && setting.certificate ? await memoryOf(entry, setting, true) : undefined;
  readyMs.push(plain.readyMs);
  const { idleKib, connectedKib, kibPerConnection } = plain;
  const kibPerSecureConnection = secure?.kibPerConnection;
  return { contender: entry.name, readyMs, idleKib, connectedKib, kibPerConnection, kibPerSecureConnection };
}

/** The memory of one start, with and without idle connections. */
interface Memory {
  readonly readyMs: number;
  readonly idleKib: number;
  readonly connectedKib: number;
  readonly kibPerConnection: number;
}

async function memoryOf(entry: Entry, setting: Setting, isSecure: boolean): Promise<Memory> {
  const running = await start(entry, setting);
  try {
    return await memory(running, isSecure ? SECURE_IDLE_CONNECTIONS : IDLE_CONNECTIONS, isSecure);
  } finally {
    await running.process.stop();
  }
}

async function memory(running: Running, connections: number, isSecure: boolean): Promise<Memory> {
  const {
    readyMs,
    process: { pid },
  } = running;
  const port = (isSecure ? running.tlsPort : undefined) ?? running.port;
  await sleep(SETTLE_MS);
  const idleKib = residentKib(pid);
  const { command, args } = pinned(LOAD_CORE, {
    command: process.execPath,
    args: [CLIENT, String(port), filePath(100), String(connections), isSecure ? 'tls' : 'plain'],
  });
  const client = OwnProcess.start('the idle clients', command, args, {}, 'pipe');
  try {
    await client.says('idle\n');
    await sleep(SETTLE_MS);
    client.assertRuns();
    const connectedKib = residentKib(pid);
    return { readyMs, idleKib, connectedKib, kibPerConnection: (connectedKib - idleKib) / connections };
  } finally {
    await client.stop();
  }
}
