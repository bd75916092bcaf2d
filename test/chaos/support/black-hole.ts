// Backends that vanish silently: from one moment on they send nothing, neither a refusal nor a reset.
import { execFileSync, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ChaosProcess } from '../processes.ts';

/** Backends that respond until `vanish` is called. */
export interface VanishingBackends {
  /** By which means they vanish. */
  readonly means: string;
  readonly urls: readonly string[];
  readonly vanish: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Where they may be besides loopback: RFC 2544 sets this block aside for measurements. */
export const VANISHING_NETWORK = '198.18.0.0/15';

/** In a network namespace where this process may make one, as root may outside of a container; else with a full backlog. */
export async function startVanishingBackends(count: number): Promise<VanishingBackends> {
  const namespace = makeNamespace();
  return namespace === undefined ? byFullBacklog(count) : inNamespace(namespace, count);
}

/** A network namespace, joined to this one by a pair of interfaces. */
interface Namespace {
  readonly name: string;
  /** Addresses of the two ends. */
  readonly here: string;
  readonly there: string;
  readonly remove: () => void;
}

/** Undefined when the process lacks the rights. */
function makeNamespace(): Namespace | undefined {
  const { pid } = process;
  const name = `fairlead-chaos-${pid}`;
  const [outside, inside] = [`fl${pid}o`, `fl${pid}i`];
  // Four addresses of the first half of VANISHING_NETWORK for each process id.
  const base = (pid * 4) % 2 ** 16;
  const [here, there] = [1, 2].map((host) => `198.18.${base >> 8}.${(base & 255) + host}`);
  // Synchronous, so that it is done also when the suite is interrupted and exits.
  const remove = () => {
    process.off('exit', remove);
    // One end of the pair takes the other with it.
    spawnSync('ip', ['link', 'del', outside]);
    spawnSync('ip', ['netns', 'del', name]);
  };
  process.once('exit', remove);
  try {
    ip('netns', 'add', name);
    ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name);
    ip('addr', 'add', `${here}/30`, 'dev', outside);
    ip('link', 'set', outside, 'up');
    ip('-n', name, 'addr', 'add', `${there}/30`, 'dev', inside);
    ip('-n', name, 'link', 'set', inside, 'up');
    return { name, here, there, remove };
  } catch {
    remove();
    return undefined;
  }
}

async function inNamespace(namespace: Namespace, count: number): Promise<VanishingBackends> {
  const { name, here, there } = namespace;
  const command = ['ip', 'netns', 'exec', name];
  const processes = Array.from({ length: count }, () => startPlainBackend(there, command));
  const stop = async () => {
    await Promise.all(processes.map((each) => each.stop('SIGKILL')));
    namespace.remove();
  };
  try {
    const ports = await Promise.all(processes.map(portOf));
    // What the backends send is lost from here on, also on open connections: Linux looks their routes up again.
    const vanish = async () => {
      ip('-n', name, 'route', 'add', 'blackhole', `${here}/32`);
      const answers = await Promise.all(ports.map((port) => isConnectionOpened(port, there)));
      if (answers.some(Boolean)) throw new Error('the backends of the network namespace are still heard of');
    };
    const urls = ports.map((port) => `http://${there}:${port}`);
    return { means: 'packets dropped in a network namespace', urls, vanish, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws {Error} with what `ip` said. */
function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function byFullBacklog(count: number): Promise<VanishingBackends> {
  const processes = Array.from({ length: count }, () => startPlainBackend('127.0.0.1'));
  const stop = async () => void (await Promise.all(processes.map((each) => each.stop('SIGKILL'))));
  const ports = await Promise.all(processes.map(portOf));
  const vanish = async () => {
    for (const each of processes) each.signal('SIGSTOP');
    await Promise.all(ports.map(fillBacklog));
  };
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  return { means: 'stopped, with a full backlog', urls, vanish, stop };
}

const PROGRAM = fileURLToPath(new URL('plain-backend.ts', import.meta.url));

function startPlainBackend(address: string, prefix: readonly string[] = []): ChaosProcess {
  const command = [...prefix, process.execPath, PROGRAM, address];
  return new ChaosProcess('a backend that is to vanish', command, { hasMessages: true });
}

function portOf(backend: ChaosProcess): Promise<number> {
  return backend.message((port) => (typeof port === 'number' ? port : undefined));
}

/** Loopback and a namespace connect at once: a connection that is not open by then will not open. Milliseconds. */
const UNANSWERED_MS = 100;

async function fillBacklog(port: number): Promise<void> {
  let hasRoom = true;
  while (hasRoom) hasRoom = await isConnectionOpened(port, '127.0.0.1');
}

/** Whether one more connection is opened; it stays open. */
function isConnectionOpened(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.unref();
    // Once more around the event loop: when the process was held up, the connection may have opened before the time was over.
    const timer = setTimeout(() => setImmediate(() => resolve(false)), UNANSWERED_MS);
    socket.on('error', () => {});
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
