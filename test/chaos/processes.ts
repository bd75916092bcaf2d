// Processes that the suite starts, and ends again by their own ids, however it ends.
import { spawn, type ChildProcess, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 20_000;
const STOP_MS = 35_000;
/** Of what a process says, the last characters are kept, to be shown when it fails. */
const KEPT_WORDS = 20_000;

const running = new Set<ChaosProcess>();

/** Kills all that still run. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map((each) => each.end()));
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether messages can be sent to it and come from it. */
  readonly hasMessages?: boolean;
  /** Whether it leads a process group, so that its own children end with it. */
  readonly hasChildren?: boolean;
}

/** A process of ours. */
export class ChaosProcess {
  /** What it said on stdout and stderr, the last of it. */
  words = '';
  private readonly listeners = new Set<(words: string) => void>();

  private readonly name: string;
  private readonly hasChildren: boolean;
  readonly child: ChildProcess;

  private constructor(name: string, child: ChildProcess, hasChildren: boolean) {
    this.name = name;
    this.child = child;
    this.hasChildren = hasChildren;
    running.add(this);
    const heard = (chunk: string | Buffer) => {
      const words = chunk.toString();
      this.words = `${this.words}${words}`.slice(-KEPT_WORDS);
      for (const listener of this.listeners) listener(words);
    };
    child.stdout?.on('data', heard);
    child.stderr?.on('data', heard);
    child.once('error', (error) => heard(error.message));
    child.once('exit', () => {
      running.delete(this);
      heard('');
    });
  }

  /** Starts it; of this process's own environment it is given the path only. */
  static start(name: string, command: readonly string[], options: ProcessOptions = {}): ChaosProcess {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, ...options.env },
      stdio: options.hasMessages ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
      detached: options.hasChildren ?? false,
    });
    return new ChaosProcess(name, child, options.hasChildren ?? false);
  }

  get pid(): number {
    return this.child.pid ?? NaN;
  }

  get hasEnded(): boolean {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.hasEnded) this.child.kill(signal);
  }

  /** Sends a signal and waits for the end, which SIGKILL brings when it takes too long; answers the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.hasEnded) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    // A process that was stopped takes no other signal until it goes on.
    if (signal !== 'SIGKILL') this.child.kill('SIGCONT');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(timer);
    return this.child.exitCode;
  }

  /** SIGKILL, to its children too, also to those that outlived it. */
  async end(): Promise<void> {
    if (this.hasChildren && this.child.pid !== undefined) killGroup(this.child.pid);
    await this.stop('SIGKILL');
  }

  tell(message: Serializable): void {
    if (!this.hasEnded && this.child.connected) this.child.send(message);
  }

  /** The first message that `pick` makes something of. @throws {Error} when the process ends without one. */
  async message<T>(pick: (message: unknown) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const hear = (message: unknown) => {
        const picked = pick(message);
        if (picked === undefined) return;
        stop();
        resolve(picked);
      };
      const end = () => {
        stop();
        reject(this.unexpectedEnd());
      };
      const stop = () => {
        this.child.off('message', hear);
        this.child.off('exit', end);
      };
      this.child.on('message', hear);
      this.child.once('exit', end);
      if (this.hasEnded) end();
    });
  }

  /** Waits until it says something, from now on. @throws {Error} when it ends or takes too long. */
  async says(text: string, withinMs: number): Promise<void> {
    let heard = '';
    await new Promise<void>((resolve, reject) => {
      const listener = (words: string) => {
        heard = `${heard}${words}`.slice(-KEPT_WORDS);
        if (heard.includes(text)) stop(resolve);
        else if (this.hasEnded) stop(() => reject(this.unexpectedEnd()));
      };
      const stop = (settle: () => void) => {
        clearTimeout(timer);
        this.listeners.delete(listener);
        settle();
      };
      const late = () => new Error(`${this.name} did not say "${text}" within ${withinMs / 1000} s: ${this.lastWords}`);
      const timer = setTimeout(() => stop(() => reject(late())), withinMs);
      this.listeners.add(listener);
      listener('');
    });
  }

  /** Waits until something listens on its port. @throws {Error} when it ends or takes too long. */
  async listening(port: number): Promise<void> {
    await until(`${this.name} to listen`, async () => {
      if (this.hasEnded) throw this.unexpectedEnd();
      return canConnect(port);
    });
  }

  private unexpectedEnd(): Error {
    return new Error(`${this.name} ended by itself: ${this.lastWords}`);
  }

  private get lastWords(): string {
    return this.words.trim().slice(-1_000) || 'without a word';
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

/** Asks again and again until the answer is yes. For what tells of itself by nothing that could be awaited. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, withinMs = READY_MS): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs / 1000} s for ${what}`);
    await sleep(10);
  }
}

/** Below where Linux takes the ports of outgoing connections from (32768), so that the port of a dead backend stays free. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;
const given = new Set<number>();

/** So many ports of 127.0.0.1 that nobody listens on and that were not given before. */
export async function reservePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('listening', () => resolve(true));
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1');
  });
  if (!isListening) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** Whether somebody listens there. */
export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
