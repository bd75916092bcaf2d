// A process that a test or a benchmark starts, and ends again by its own id.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { canConnect } from './ports.ts';
import { until } from './until.ts';

/** Longer than a balancer takes to shut down. Milliseconds. */
const STOP_MS = 90_000;
/** Characters of the output that are kept, to be shown when the process fails, and how many of them are shown. */
const KEPT_OUTPUT = 20_000;
const SHOWN_OUTPUT = 2_000;

const running = new Set<OwnProcess>();

/** Ends all processes that still run. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((each) => each.end()));
}

export class OwnProcess {
  /** The end of what it wrote to stdout and stderr. */
  tail = '';
  readonly name: string;
  readonly child: ChildProcess;

  /** Starts it. Of this process's own environment it is given the path only. */
  constructor(name: string, [program, ...args]: readonly string[], options: SpawnOptions = {}) {
    this.name = name;
    this.child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      env: { PATH: process.env.PATH, ...options.env },
    });
    running.add(this);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk) => this.keep(String(chunk)));
    this.child.once('exit', () => running.delete(this));
    this.child.once('error', (error) => {
      running.delete(this);
      this.keep(error.message);
    });
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

  /** Sends a signal and waits for the end, which SIGKILL brings after `killAfterMs`. Returns the exit code, null after a signal. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', killAfterMs = STOP_MS): Promise<number | null> {
    if (this.hasEnded) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    // A process that was stopped takes no other signal until it goes on.
    if (signal !== 'SIGKILL') this.child.kill('SIGCONT');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), killAfterMs);
    await exited;
    clearTimeout(timer);
    return this.child.exitCode;
  }

  /** Ends it at once, whatever it is doing. */
  async end(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** Waits until it listens on a port. @throws {Error} with the end of its output, when it ends or takes too long. */
  async listening(port: number): Promise<this> {
    const isListening = async () => {
      this.assertRuns();
      return canConnect(port);
    };
    await until(`${this.name} to listen on port ${port}`, isListening).catch((error: Error) => {
      throw this.hasEnded ? error : new Error(`${error.message}: ${this.shownTail}`);
    });
    return this;
  }

  /** @throws {Error} with the end of its output, when it has ended. */
  assertRuns(): void {
    if (this.hasEnded) throw this.unexpectedEnd();
  }

  protected unexpectedEnd(): Error {
    return new Error(`${this.name} ended by itself: ${this.shownTail}`);
  }

  /** The last lines of its output, for an error message. */
  protected get shownTail(): string {
    return this.tail.trim().slice(-SHOWN_OUTPUT) || 'it wrote nothing';
  }

  private keep(text: string): void {
    this.tail = `${this.tail}${text}`.slice(-KEPT_OUTPUT);
  }
}
