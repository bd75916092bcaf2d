// The demo's running processes, and how they are stopped.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloseEvent, Command } from 'concurrently';

/** Longer than a backend waits for its drain to be acknowledged. */
const STOP_TIMEOUT_MS = 15_000;

/** Stops all processes together: first the backends leave the fleet, then the balancer and the dashboard stop. */
export class RunningDemo {
  exitCode = 0;
  private isStopping = false;
  private readonly commands: readonly Command[];

  constructor(commands: readonly Command[]) {
    this.commands = commands;
    // The processes are in their own process groups, so nothing else stops them when this script exits.
    process.once('exit', () => this.commands.filter(isRunning).forEach((command) => command.kill('SIGTERM')));
  }

  get isOver(): boolean {
    return this.isStopping;
  }

  /** Handles the end of a process. The demo goes on without one backend, but not without the balancer or the dashboard. */
  closed({ command, exitCode }: CloseEvent): void {
    if (this.isStopping) return;
    const isOver = !isBackend(command) || !this.commands.some((each) => isBackend(each) && isRunning(each));
    process.stderr.write(
      `\n${command.name} ended (${exitCode}); ${isOver ? 'stopping the others' : 'the others go on'}\n`,
    );
    if (!isOver) return;
    this.exitCode = 1;
    void this.stop();
  }

  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    process.stdout.write('\nStopping: the backends leave the fleet, then the balancer and the dashboard stop.\n');
    await terminate(this.commands.filter(isBackend));
    await terminate(this.commands.filter((each) => !isBackend(each)));
  }
}

/** SIGTERM, and after {@link STOP_TIMEOUT_MS} SIGKILL. */
async function terminate(commands: readonly Command[]): Promise<void> {
  const running = commands.filter(isRunning);
  for (const command of running) command.kill('SIGTERM');
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (running.some(isRunning) && performance.now() < deadline) await sleep(20);
  for (const command of running.filter(isRunning)) {
    process.stderr.write(`${command.name} did not end within ${STOP_TIMEOUT_MS / 1000} s and was killed\n`);
    command.kill('SIGKILL');
  }
}

function isRunning({ state }: Command): boolean {
  return state === 'started';
}

function isBackend({ command }: Pick<Command, 'command'>): boolean {
  return command === 'backend';
}
