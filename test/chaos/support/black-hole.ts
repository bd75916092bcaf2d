// Backends that vanish without a word: from one moment on nothing is heard of them, no refusal and no reset.
import { execFileSync, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ChaosProcess } from '../processes.ts';

/** Backends that answer until they are told to vanish. */
export interface VanishingBackends {
  /** By which means they vanish. */
  readonly means: string;
  readonly urls: readonly string[];
  readonly vanish: () => Promise<void> | void;
  readonly stop: () => Promise<void>;
}

/** In a network namespace when this process may make one, else by processes that stop accepting. */
export async function startVanishingBackends(count: number): Promise<VanishingBackends> {
  const mayMakeNamespaces = process.getuid?.() === 0 && spawnSync('ip', ['netns', 'list']).status === 0;
  return mayMakeNamespaces ? inNamespace(count) : byFullBacklog(count);
}

/** Packets that are sent here go to nobody: a locally administered address that no interface has. */
const NOBODY = '02:00:00:00:00:01';

async function inNamespace(count: number): Promise<VanishingBackends> {
  const { pid } = process;
  const namespace = `fairlead-chaos-${pid}`;
  const [outside, inside] = [`fl${pid}o`, `fl${pid}i`];
  // RFC 2544 sets 198.18.0.0/15 aside for measurements: four addresses of its first half for each process id.
  const base = (pid * 4) % 2 ** 16;
  const address = (host: number) => `198.18.${base >> 8}.${(base & 255) + host}`;
  const within = ['ip', 'netns', 'exec', namespace];

  // Synchronous, so that it is done also when the suite is interrupted and exits.
  const takeDown = () => {
    process.off('exit', takeDown);
    // One end of the pair takes the other with it.
    spawnSync('ip', ['link', 'del', outside]);
    spawnSync('ip', ['netns', 'del', namespace]);
  };
  const processes: ChaosProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map((each) => each.stop('SIGKILL')));
    takeDown();
  };
  process.once('exit', takeDown);
  try {
    ip('netns', 'add', namespace);
    ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', namespace);
    ip('addr', 'add', `${address(1)}/30`, 'dev', outside);
    ip('link', 'set', outside, 'up');
    ip('-n', namespace, 'addr', 'add', `${address(2)}/30`, 'dev', inside);
    ip('-n', namespace, 'link', 'set', inside, 'up');
    for (let backend = 0; backend < count; backend++) processes.push(startPlainBackend(address(2), within));
    const ports = await Promise.all(processes.map(portOf));
    const vanish = () => {
      ip('neigh', 'replace', address(2), 'lladdr', NOBODY, 'dev', outside, 'nud', 'permanent');
      ip('-n', namespace, 'neigh', 'replace', address(1), 'lladdr', NOBODY, 'dev', inside, 'nud', 'permanent');
    };
    const urls = ports.map((port) => `http://${address(2)}:${port}`);
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
  return ChaosProcess.start('a backend that is to vanish', command, { hasMessages: true });
}

function portOf(backend: ChaosProcess): Promise<number> {
  return backend.message((port) => (typeof port === 'number' ? port : undefined));
}

/** Loopback answers at once: what has not connected by then is not going to. Milliseconds. */
const UNANSWERED_MS = 100;

async function fillBacklog(port: number): Promise<void> {
  let hasRoom = true;
  while (hasRoom) hasRoom = await takesAnother(port);
}

/** Whether one more connection is taken, which stays open. */
function takesAnother(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.unref();
    const timer = setTimeout(() => resolve(false), UNANSWERED_MS);
    socket.on('error', () => {});
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
