// Finds the TCP ports that a command listens on, itself or by the processes that it has started. Linux only.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf, parseSocketTable, type ListeningSocket } from '../processes/proc-files.js';
import { ifReadable, readProcesses } from '../processes/process-table.js';

/** A port that a command listens on. */
export interface ListeningPort {
  readonly port: number;
  /** The only address where it does, or the first of several; undefined: every address. */
  readonly address: string | undefined;
}

const SOCKET_TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);
const POLL_MS = 200;

/** Whether this system shows who listens on which port. */
export function canFindPorts(): boolean {
  return existsSync(SOCKET_TABLES[0]);
}

/**
 * Waits until the process that leads a session, or one that it has started, listens on a port. Returns all such ports,
 * sorted; none if `signal` aborts before.
 */
export async function waitForPorts(leader: number, signal: AbortSignal): Promise<readonly ListeningPort[]> {
  let before: readonly ListeningPort[] = [];
  while (!signal.aborted) {
    const ports = portsOf(leader);
    // A process that opens several is given the time to open all of them.
    if (ports.length > 0 && numbers(ports) === numbers(before)) return ports;
    before = ports;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return [];
}

function numbers(ports: readonly ListeningPort[]): string {
  return ports.map(({ port }) => port).join();
}

function portsOf(leader: number): readonly ListeningPort[] {
  const inodes = new Set([...familyOf(leader, readProcesses())].flatMap(socketInodesOf));
  const sockets = SOCKET_TABLES.flatMap((file) => ifReadable(() => parseSocketTable(readFileSync(file, 'utf8'))));
  const byPort = Map.groupBy(
    sockets.filter(({ inode }) => inodes.has(inode)),
    ({ port }) => port,
  );
  return [...byPort]
    .map(([port, listening]) => ({ port, address: addressOf(listening) }))
    .sort((a, b) => a.port - b.port);
}

function addressOf(sockets: readonly ListeningSocket[]): string | undefined {
  return sockets.some(({ address }) => EVERY_ADDRESS.has(address)) ? undefined : sockets[0].address;
}

function socketInodesOf(pid: number): string[] {
  return ifReadable(() => readdirSync(`/proc/${pid}/fd`)).flatMap((fd) =>
    ifReadable(() => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.slice(1) ?? []),
  );
}
