// The command that `join` starts: its signals and its exit code.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { EXIT } from '../invocation/exit-codes.js';

/** A command that could not be started, with the exit code that a shell has for that. */
export class NotStarted extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** A running command, which shares stdin, stdout and stderr with this process. */
export class ChildCommand {
  /** Resolves with its exit code when it has ended: 128 and the number of the signal, if one ended it. */
  readonly ended: Promise<number>;
  private killTimer: NodeJS.Timeout | undefined;

  private constructor(private readonly child: ChildProcess) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        clearTimeout(this.killTimer);
        resolve(code ?? EXIT.signalBase + constants.signals[signal!]);
      });
    });
  }

  /** Starts it without a shell. @throws {NotStarted} */
  static async start([program, ...args]: readonly string[]): Promise<ChildCommand> {
    // In a process group of its own, because a terminal sends Ctrl-C to the whole group: the command is to get it only
    // when it has left the fleet.
    const child = spawn(program, args, { stdio: 'inherit', detached: true });
    const started = new ChildCommand(child);
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw notStarted(program, error as NodeJS.ErrnoException);
    }
    return started;
  }

  /** Its id, which is also that of its session. */
  get pid(): number {
    return this.child.pid!;
  }

  /** Passes a signal on. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Passes a signal on that is to end it; kills it and what it has started if it has not ended in time. */
  stop(signal: NodeJS.Signals, timeoutMs: number, onKill: () => void): void {
    this.signal(signal);
    this.killTimer ??= setTimeout(() => {
      onKill();
      killGroup(this.pid);
    }, timeoutMs);
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

function notStarted(program: string, { code, message }: NodeJS.ErrnoException): NotStarted {
  if (code === 'ENOENT') {
    return new NotStarted(`${program}: there is no such command, or not the interpreter that it names`, EXIT.notFound);
  }
  const reason = code === 'EACCES' ? 'permission is denied: is it executable?' : message;
  return new NotStarted(`${program} cannot be executed: ${reason}`, EXIT.notExecutable);
}
