// The sockets that whoever started the balancer opened for it: systemd, or scripts/supervise.ts. Such a socket stays
// open when the balancer ends, so that a replacement loses no connection. The protocol is sd_listen_fds(3).
import { fstatSync } from 'node:fs';
import { ConfigurationError, type Environment } from '@fairlead/configuration';

/** Descriptors of sockets that are bound already. */
export interface InheritedSockets {
  /** For clients' traffic. Each of them has to be accepted on; empty: the data plane binds its own. */
  readonly data: readonly number[];
  /** For the control plane; undefined: it binds its own. */
  readonly control: number | undefined;
}

/** SD_LISTEN_FDS_START: 0 to 2 are the standard streams. */
const FIRST_DESCRIPTOR = 3;
const NONE: InheritedSockets = { data: [], control: undefined };
const VARIABLES = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'] as const;

let inherited: InheritedSockets | undefined;

/**
 * The sockets that this process was started with. The first call takes the variables out of the environment, since they
 * mean nothing to a process that is started from here.
 *
 * @throws {ConfigurationError} when the variables are for this process and make no sense.
 */
export function inheritedSockets(): InheritedSockets {
  if (inherited) return inherited;
  inherited = readInheritedSockets(process.env, process.pid, isSocket);
  for (const name of VARIABLES) delete process.env[name];
  return inherited;
}

/**
 * What the variables say to the process `pid`. Variables meant for another one are ignored: they were left over by a
 * parent. Without LISTEN_FDNAMES the first socket is the data plane's and the second the control plane's.
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
    refuse(`LISTEN_FDS promises ${names.length} sockets from descriptor 3 on, but descriptor ${closed} is none`);
  }
  const descriptorsOf = (wanted: string) =>
    names.flatMap((name, index) => (name === wanted ? [FIRST_DESCRIPTOR + index] : []));
  const [control, ...more] = descriptorsOf('control');
  if (more.length > 0) refuse(`LISTEN_FDNAMES must name one control socket at most, got ${more.length + 1}`);
  return { data: descriptorsOf('data'), control };
}

/**
 * The kernel deals clients out among all data sockets, and those at a socket that nobody accepts on would wait for ever;
 * two threads cannot have the same one.
 *
 * @throws {ConfigurationError} when there is not one for each thread. Without threads the main thread accepts.
 */
export function requireSocketForEachThread(
  { data }: Pick<InheritedSockets, 'data'>,
  { DATA_PLANE_THREADS: threads }: { readonly DATA_PLANE_THREADS: number },
): void {
  const wanted = Math.max(1, threads);
  if (data.length === 0 || data.length === wanted) return;
  refuse(
    `DATA_PLANE_THREADS must be the number of data sockets that LISTEN_FDNAMES names, ${data.length}, got ${threads}`,
  );
}

function namesOf(count: string, names: string | undefined): readonly string[] {
  const isCount = /^\d{1,4}$/.test(count);
  if (!isCount) refuse(`LISTEN_FDS must be a whole number from 0 to 9999, got ${JSON.stringify(count)}`);
  const sockets = Number(count);
  if (!names) {
    if (sockets > 2) refuse(`LISTEN_FDNAMES must name the ${sockets} sockets of LISTEN_FDS, each data or control`);
    return ['data', 'control'].slice(0, sockets);
  }
  const given = names.split(':');
  const isNamed = given.length === sockets && given.every((name) => name === 'data' || name === 'control');
  if (!isNamed) {
    const allowed = `must be data or control for each of the ${sockets} sockets of LISTEN_FDS, separated by colons`;
    refuse(`LISTEN_FDNAMES ${allowed} (FileDescriptorName= of a systemd socket), got ${JSON.stringify(names)}`);
  }
  return given;
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}

function refuse(problem: string): never {
  throw new ConfigurationError([problem]);
}
