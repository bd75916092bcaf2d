// The supervisor's handle of one balancer process.
import { spawn, type ChildProcess } from 'node:child_process';
import { BALANCER, reasonOf, type Environment } from './settings.ts';
import type { SharedSockets } from './sockets.ts';

/** LISTEN_PID must be the process id of the balancer. `exec` keeps the id of the shell, so the shell can set it. */
const SHELL = ['-c', 'LISTEN_PID=$$ exec "$0" "$@"'];

export class BalancerProcess {
  /** Resolves when the balancer serves clients, which it reports by the message `ready`. */
  readonly ready: Promise<void>;
  /** Resolves with the exit code or signal, such as `code 0` or `SIGKILL`. */
  readonly ended: Promise<string>;
  /** The value of {@link ended}; undefined while the process runs. */
  end: string | undefined;
  /** Monotonic, in milliseconds. */
  readonly startedAt = performance.now();
  private readonly child: ChildProcess;

  constructor(sockets: SharedSockets, environment: Environment) {
    const { descriptors, names } = sockets;
    this.child = spawn('sh', [...SHELL, process.execPath, BALANCER], {
      // In its own process group, so that Ctrl-C in a terminal reaches only the supervisor, which stops it in order.
      detached: true,
      env: { ...environment, LISTEN_FDS: String(descriptors.length), LISTEN_FDNAMES: names },
      stdio: ['ignore', 'inherit', 'inherit', ...descriptors, 'ipc'],
    });
    this.ready = new Promise((resolve) => {
      this.child.on('message', (message) => {
        if (message === 'ready') resolve();
      });
    });
    this.ended = new Promise((resolve) => {
      const settle = (end: string) => {
        this.end ??= end;
        resolve(this.end);
      };
      this.child.once('error', (error) => settle(reasonOf(error)));
      this.child.once('exit', (code, signal) => settle(signal ?? `code ${code}`));
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** 0 after an orderly shutdown. */
  get exitCode(): number {
    return this.child.exitCode ?? 1;
  }

  /** Sends SIGTERM, and SIGKILL after `timeoutMs`; returns how the process ended. */
  async stop(timeoutMs: number): Promise<string> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), timeoutMs);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
