// Listening sockets that the parent process opened: systemd, or scripts/supervise.ts. They stay open when the balancer
// ends, so that a replacement loses no connection. The protocol is sd_listen_fds(3).
import { fstatSync } from 'node:fs';
import { ConfigurationError, type Environment } from '@fairlead/configuration';

/** File descriptors of sockets that are bound already. */
export interface InheritedSockets {
  /** For the data plane, which has to accept on each of them; empty: it binds its own. */
  readonly data: readonly number[];
  /** The same for the TLS port. */
  readonly tls: readonly number[];
  /** For the control plane; undefined: it binds its own. */
  readonly control: number | undefined;
}

/** SD_LISTEN_FDS_START: 0 to 2 are the standard streams. */
const FIRST_DESCRIPTOR = 3;
const NONE: InheritedSockets = { data: [], tls: [], control: undefined };
/** The names that LISTEN_FDNAMES may give to a socket. */
const NAMES: readonly string[] = ['data', 'tls', 'control'];
const VARIABLES = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'] as const;

let inherited: InheritedSockets | undefined;

/**
 * The sockets that this process inherited. The first call removes the variables from the environment, since they are
 * not meant for child processes.
 *
 * @throws {ConfigurationError} when the variables are meant for this process and invalid.
 */
export function inheritedSockets(): InheritedSockets {
  if (inherited) return inherited;
  inherited = readInheritedSockets(process.env, process.pid, isSocket);
  for (const name of VARIABLES) delete process.env[name];
  return inherited;
}

/**
 * Parses the variables for the process `pid`. Variables that are meant for another process are ignored: a parent left
 * them behind. Without LISTEN_FDNAMES the first socket is for the data plane and the second for the control plane.
 *
 * @throws {ConfigurationError}
 */
export function readInheritedSockets(
  environment: Environment,
  pid: number,
  isOpenSocket: (descriptor: number) => boolean,
): InheritedSockets {
  if (!environment.LISTEN_FDS || Number(environment.LISTEN_PID) !== pid) return NONE;
  const names = namesOf(environment.LISTEN_FDS, environment.LISTEN_FDNAMES);
  const closed = names.map((_, index) => FIRST_DESCRIPTOR + index).find((descriptor) => !isOpenSocket(descriptor));
  if (closed !== undefined) {
    fail(`LISTEN_FDS announces ${names.length} sockets from descriptor 3 on, but descriptor ${closed} is no socket`);
  }
  const descriptorsOf = (kind: string) =>
    names.flatMap((name, index) => (name === kind ? [FIRST_DESCRIPTOR + index] : []));
  const [control, ...extra] = descriptorsOf('control');
  if (extra.length > 0) fail(`LISTEN_FDNAMES must name at most one control socket, got ${extra.length + 1}`);
  return { data: descriptorsOf('data'), tls: descriptorsOf('tls'), control };
}

/**
 * The kernel distributes clients among all data sockets, so that clients of a socket without a thread would wait for
 * ever; two threads cannot share one socket. With DATA_PLANE_THREADS=0 the main thread accepts on one.
 *
 * @throws {ConfigurationError} when the number of data or tls sockets is not that of the threads.
 */
export function requireSocketForEachThread(
  sockets: Pick<InheritedSockets, 'data' | 'tls'>,
  { DATA_PLANE_THREADS: threads }: { readonly DATA_PLANE_THREADS: number },
): void {
  const required = Math.max(1, threads);
  for (const name of ['data', 'tls'] as const) {
    const { length } = sockets[name];
    if (length === 0 || length === required) continue;
    fail(
      `DATA_PLANE_THREADS must be the number of ${name} sockets that LISTEN_FDNAMES names, ${length}, got ${threads}`,
    );
  }
}

function namesOf(count: string, names: string | undefined): readonly string[] {
  const isCount = /^\d{1,4}$/.test(count);
  if (!isCount) fail(`LISTEN_FDS must be a whole number from 0 to 9999, got ${JSON.stringify(count)}`);
  const sockets = Number(count);
  if (!names) {
    if (sockets > 2) fail(`LISTEN_FDNAMES must name the ${sockets} sockets of LISTEN_FDS, each ${anyOf(NAMES)}`);
    return ['data', 'control'].slice(0, sockets);
  }
  const given = names.split(':');
  const isNamed = given.length === sockets && given.every((name) => NAMES.includes(name));
  if (!isNamed) {
    const allowed = `must be ${anyOf(NAMES)} for each of the ${sockets} sockets of LISTEN_FDS, separated by colons`;
    fail(`LISTEN_FDNAMES ${allowed} (FileDescriptorName= of a systemd socket), got ${JSON.stringify(names)}`);
  }
  return given;
}

function anyOf(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}

function fail(problem: string): never {
  throw new ConfigurationError([problem]);
}
