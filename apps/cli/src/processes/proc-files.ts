// Parses files of /proc on Linux: which sockets listen, and which processes belong together.
import { SocketAddress } from 'node:net';
import { endianness } from 'node:os';

/** A TCP socket that accepts connections. */
export interface ListeningSocket {
  /** IPv4 or IPv6; 0.0.0.0 or :: for every address. */
  readonly address: string;
  readonly port: number;
  /** As in `socket:[inode]`, which the links in /proc/PID/fd lead to. */
  readonly inode: string;
}

/** A process, as /proc/PID/stat describes it. */
export interface ProcessStat {
  readonly pid: number;
  /** One letter: Z for a process that has ended and whose parent has not taken notice. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/** TCP_LISTEN of the kernel. */
const LISTEN = '0A';

/** The listening sockets in /proc/net/tcp or tcp6. */
export function parseSocketTable(table: string): ListeningSocket[] {
  return table.split('\n').flatMap((row) => {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
    if (state !== LISTEN) return [];
    const [address, port] = local.split(':');
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode }];
  });
}

/** Parses /proc/PID/stat. */
export function parseStat(text: string): ProcessStat {
  // The name of the program stands in parentheses, and may contain some, and spaces.
  const [state, ...ids] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent, group, session] = ids.map(Number);
  return { pid: Number.parseInt(text, 10), state, parent, group, session };
}

/**
 * The ids of a process that leads a session, and of all that it has started: its descendants, and those of its session
 * whose parents have ended.
 */
export function familyOf(
  leader: number,
  processes: readonly Pick<ProcessStat, 'pid' | 'parent' | 'session'>[],
): ReadonlySet<number> {
  const family = new Set([leader]);
  for (const { pid, session } of processes) if (session === leader) family.add(pid);
  // A set iterates over what is added on the way as well.
  for (const member of family) for (const { pid, parent } of processes) if (parent === member) family.add(pid);
  return family;
}

/** The kernel writes words of 32 bits, in the byte order of the machine. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const address = bytes.toString('hex').match(/.{4}/g)!.join(':');
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}
