// Processes that run together, and how they are started and stopped.
import { spawn, type SpawnOptions } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConcurrently, type CloseEvent, type Command } from 'concurrently';
import { commandOf, type AppProcess } from './app-process.js';
import { signalGroup } from './process-group.js';
import type { ProcessOutput } from './process-output.js';
import { handleSignals } from './signals.js';

/** Longer than a backend waits for its drain to be acknowledged. */
const STOP_TIMEOUT_MS = 15_000;

/** Runs processes until a signal or the end of one that the others need. */
export class RunningProcesses {
  private readonly commands: Command[] = [];
  /** By name. */
  private readonly processes = new Map<string, AppProcess>();
  private readonly ended = Promise.withResolvers<void>();
  private exitCode = 0;
  private isStopping = false;

  constructor(private readonly output: ProcessOutput) {
    // The processes are in their own process groups, so nothing else stops them when this one exits.
    process.once('exit', () => this.running().forEach((command) => command.kill('SIGTERM')));
    handleSignals({ onStop: () => void this.stop(), onStopAgain: () => this.kill() });
  }

  /** Whether the processes are being stopped. */
  get isOver(): boolean {
    return this.isStopping;
  }

  /** Starts processes beside those that run. */
  start(processes: readonly AppProcess[]): void {
    for (const each of processes) this.processes.set(each.name, each);
    const { commands, result } = createConcurrently(
      processes.map(({ name, env, color }) => ({ name, command: name, env, prefixColor: color })),
      {
        ...this.output.createWriter(),
        spawn: (name: string, options: SpawnOptions) => spawnAlone(commandOf(this.processes.get(name)!), options),
        kill: send,
        outputStream: process.stdout,
      },
    );
    this.commands.push(...commands);
    for (const command of commands) command.close.subscribe((event) => this.closed(event));
    result.catch(() => undefined);
  }

  /** Resolves with the exit code when all processes have ended. */
  async whenEnded(): Promise<number> {
    await this.ended.promise;
    return this.exitCode;
  }

  /** Stops all processes, because of what went wrong. */
  fail(message: string): void {
    this.output.say('error', message);
    this.exitCode = 1;
    void this.stop();
  }

  /** Stops all processes: first the backends leave the fleet, then the others stop, and last what keeps the registry. */
  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    this.output.say('info', 'Stopping: the backends leave the fleet, then the others stop.');
    await this.terminate(this.runningOf('backend'));
    await this.terminate(this.running().filter((command) => this.appOf(command) !== 'redis-server'));
    await this.terminate(this.running());
    this.endIfNoneRuns();
  }

  /** Ends them at once, with what they have started. */
  private kill(): void {
    for (const { pid } of this.running()) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  }

  /**
   * The others go on without one backend, without one of several balancers, and without their registry, but not without the
   * dashboard.
   */
  private closed({ command, exitCode }: CloseEvent): void {
    if (!this.isStopping) {
      const app = this.appOf(command);
      const isOver = app === 'dashboard' || (app !== 'redis-server' && this.runningOf(app).length === 0);
      const ended = `${command.name} ended (${exitCode})`;
      if (isOver) this.fail(`${ended}; stopping the others`);
      else this.output.say('error', `${ended}; the others go on`);
    }
    this.endIfNoneRuns();
  }

  private endIfNoneRuns(): void {
    if (this.running().length === 0) this.ended.resolve();
  }

  /** SIGTERM, and after {@link STOP_TIMEOUT_MS} SIGKILL. */
  private async terminate(commands: readonly Command[]): Promise<void> {
    for (const command of commands) command.kill('SIGTERM');
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    while (commands.some(isRunning) && performance.now() < deadline) await sleep(20);
    for (const command of commands.filter(isRunning)) {
      this.output.say('error', `${command.name} did not end within ${STOP_TIMEOUT_MS / 1000} s and was killed`);
      command.kill('SIGKILL');
    }
  }

  private running(): Command[] {
    return this.commands.filter(isRunning);
  }

  private runningOf(app: AppProcess['app']): Command[] {
    return this.running().filter((command) => this.appOf(command) === app);
  }

  private appOf({ name }: Pick<Command, 'name'>): AppProcess['app'] {
    return this.processes.get(name)!.app;
  }
}

/** A process counts as running until its output is closed, and so may have ended. */
function send(pid: number, signal?: string | number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isRunning({ state }: Command): boolean {
  return state === 'started';
}

/**
 * Starts each process in its own process group: Ctrl-C then reaches only this process, which stops the others in order.
 * There is no shell in between, so signals reach the process.
 */
function spawnAlone([program, ...args]: readonly [string, ...string[]], options: SpawnOptions) {
  return spawn(program, args, { ...options, detached: true });
}
