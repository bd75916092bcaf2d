// One balancer, from its start to its end, as the supervisor sees it.
import { spawn, type ChildProcess } from 'node:child_process';
import { BALANCER, reasonOf, type Environment } from './settings.ts';
import type { SharedSockets } from './sockets.ts';

/** LISTEN_PID has to be the balancer's own process id, which is the shell's before it becomes the balancer. */
const SHELL = ['-c', 'LISTEN_PID=$$ exec "$0" "$@"'];

export class BalancerProcess {
  /** Resolves when it serves clients, which it tells by the message `ready`. */
  readonly ready: Promise<void>;
  /** Resolves with how it ended, such as `code 0` or `SIGKILL`. */
  readonly ended: Promise<string>;
  /** How it ended; undefined while it runs. */
  end: string | undefined;
  /** Monotonic, in milliseconds. */
  readonly startedAt = performance.now();
  private readonly child: ChildProcess;

  constructor(sockets: SharedSockets, environment: Environment) {
    const { descriptors, names } = sockets;
    this.child = spawn('sh', [...SHELL, process.execPath, BALANCER], {
      // A process group of its own: Ctrl-C in a terminal is for the supervisor, which passes it on in order.
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

  /** 0 when it ended as it should. */
  get exitCode(): number {
    return this.child.exitCode ?? 1;
  }

  /** Lets it finish what it has begun, but not for longer than `patienceMs`; answers how it ended. */
  async stop(patienceMs: number): Promise<string> {
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => this.kill(), patienceMs);
    const end = await this.ended;
    clearTimeout(impatience);
    return end;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
