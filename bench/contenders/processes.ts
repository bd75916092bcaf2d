// Processes that a benchmark starts, and ends again by their own ids, however it ends.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 20_000;
const STOP_MS = 3_000;
/** Of what a process says on stderr, the last characters are kept, to be shown when it fails. */
const KEPT_WORDS = 2_000;

const running = new Set<OwnProcess>();

/** Ends all that still run. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((each) => each.stop()));
}

/** A process of ours. */
export class OwnProcess {
  private words = '';
  private output = '';

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    running.add(this);
    child.once('exit', () => running.delete(this));
    child.once('error', (error) => {
      this.words += error.message;
      running.delete(this);
    });
    child.stderr?.on('data', (chunk) => (this.words = `${this.words}${chunk}`.slice(-KEPT_WORDS)));
    child.stdout?.on('data', (chunk) => (this.output += chunk));
  }

  /** Starts it; of this process's own environment it is given the path only. Its output is kept when it is piped. */
  static start(
    name: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    stdout: 'ignore' | 'pipe' = 'ignore',
  ): OwnProcess {
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', stdout, 'pipe'],
    });
    return new OwnProcess(name, child);
  }

  /** Waits until something listens on its port. @throws {Error} when it ends or takes too long. */
  async listening(port: number): Promise<this> {
    const deadline = performance.now() + READY_MS;
    while (!(await canConnect(port))) {
      this.assertRuns();
      if (performance.now() > deadline) throw new Error(`${this.name} does not listen after ${READY_MS / 1000} s`);
      await sleep(20);
    }
    return this;
  }

  /** Waits until its output, which must be piped, contains this. @throws {Error} when it ends before. */
  async says(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      this.assertRuns();
      await Promise.race([once(this.child.stdout!, 'data'), once(this.child, 'exit')]);
    }
  }

  /** Its whole output, which must be piped. @throws {Error} when it fails. */
  async finished(): Promise<string> {
    const [code] = (await once(this.child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${this.name} failed: ${this.lastWords}`);
    return this.output;
  }

  /** @throws {Error} its last words, when it has ended. */
  assertRuns(): void {
    if (this.hasEnded) throw new Error(`${this.name} ended by itself: ${this.lastWords}`);
  }

  /** @throws {Error} when it could not be started. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} could not be started: ${this.lastWords}`);
    return this.child.pid;
  }

  private get lastWords(): string {
    return this.words.trim() || 'without a word';
  }

  /** SIGTERM, and SIGKILL when that does not help. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(timer);
  }

  private get hasEnded(): boolean {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** So many ports of 127.0.0.1 that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return ports;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
