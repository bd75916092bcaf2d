// The command that `join` starts: its signals, its exit code, and what it has started.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@fairlead/configuration';
import { EXIT } from '../invocation/exit-codes.js';
import { report } from '../output/messages.js';
import { runsAny, signalGroup } from '../processes/process-group.js';

/** A command that could not be started, with the exit code that a shell has for that. */
export class NotStarted extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

const POLL_MS = 50;

/** A running command, which shares stdin, stdout and stderr with this process, and what it has started. */
export class ChildCommand {
  /** Resolves with its exit code when it has ended: 128 and the number of the signal, if one ended it. */
  readonly ended: Promise<number>;
  /** Resolves when nothing of its process group runs any more. */
  private readonly groupEnded: Promise<void>;
  private hasGroupEnded = false;
  private lastStop: NodeJS.Signals | undefined;
  private killTimer: NodeJS.Timeout | undefined;

  private constructor(private readonly child: ChildProcess) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? EXIT.signalBase + constants.signals[signal!]));
    });
    this.groupEnded = new Promise((resolve) => child.once('exit', () => void this.watchGroup().then(resolve)));
  }

  /** Starts it without a shell. @throws {NotStarted} */
  static async start([program, ...args]: readonly string[], environment: Environment): Promise<ChildCommand> {
    // The token lets a process change the whole fleet, and is for `join` alone.
    const env = { ...environment, CONTROL_PLANE_TOKEN: undefined };
    // In a process group of its own, because a terminal sends Ctrl-C to the whole group: the command is to get it only
    // when it has left the fleet.
    const child = spawn(program, args, { stdio: 'inherit', detached: true, env });
    const started = new ChildCommand(child);
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw notStarted(program, error as NodeJS.ErrnoException);
    }
    child.on('error', ({ message }) => report(`${program}: ${message}`));
    process.on('exit', started.whenExiting);
    return started;
  }

  /** Its id, which is also that of its process group and of its session. */
  get pid(): number {
    return this.child.pid!;
  }

  /** Whether neither it nor anything that it has started in its group runs. */
  get isOver(): boolean {
    return this.hasGroupEnded;
  }

  /** Passes a signal on. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /**
   * Passes a signal on that is to end it. Its whole group gets it, as from a terminal: a shell in front of a server would
   * keep the signal to itself. What has not ended in time is killed.
   */
  stop(signal: NodeJS.Signals, timeoutMs: number, onKill: () => void): void {
    if (this.hasGroupEnded) return;
    this.lastStop = signal;
    signalGroup(this.pid, signal);
    this.killTimer ??= setTimeout(() => {
      onKill();
      signalGroup(this.pid, 'SIGKILL');
    }, timeoutMs);
  }

  /** Ends what the command has left behind in its group. Resolves when there is nothing any more. */
  async stopRest(timeoutMs: number, onKill: () => void): Promise<void> {
    // Background processes of a shell ignore SIGINT. A second SIGTERM would cut short what the first one began.
    if (this.lastStop !== 'SIGTERM') this.stop('SIGTERM', timeoutMs, onKill);
    await this.groupEnded;
  }

  /** Looks at once, before another group can have the same id. */
  private async watchGroup(): Promise<void> {
    while (runsAny(this.pid)) await sleep(POLL_MS);
    this.hasGroupEnded = true;
    clearTimeout(this.killTimer);
    process.off('exit', this.whenExiting);
  }

  private readonly whenExiting = () => void signalGroup(this.pid, 'SIGTERM');
}

function notStarted(program: string, { code, message }: NodeJS.ErrnoException): NotStarted {
  if (code === 'ENOENT') {
    return new NotStarted(`${program}: there is no such command, or not the interpreter that it names`, EXIT.notFound);
  }
  const reason = code === 'EACCES' ? 'permission is denied: is it executable?' : message;
  return new NotStarted(`${program} cannot be executed: ${reason}`, EXIT.notExecutable);
}
