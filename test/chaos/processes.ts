// Processes of the suite: they send and take messages, say things, and may have children of their own.
import type { Serializable } from 'node:child_process';
import { OwnProcess } from '../processes/own-process.ts';

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether messages can be sent to it and come from it. */
  readonly hasMessages?: boolean;
  /** Whether it leads a process group, so that its own children end with it. */
  readonly hasChildren?: boolean;
}

export class ChaosProcess extends OwnProcess {
  private readonly hasChildren: boolean;

  constructor(name: string, command: readonly string[], options: ProcessOptions = {}) {
    super(name, command, {
      env: options.env ?? {},
      stdio: options.hasMessages ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
      detached: options.hasChildren ?? false,
    });
    this.hasChildren = options.hasChildren ?? false;
  }

  /** SIGKILL, to its children too, also to those that outlived it. */
  override async end(): Promise<void> {
    if (this.hasChildren && this.child.pid !== undefined) killGroup(this.child.pid);
    await super.end();
  }

  tell(message: Serializable): void {
    if (!this.hasEnded && this.child.connected) this.child.send(message);
  }

  /** The first message that `pick` makes something of. @throws {Error} when the process ends without one. */
  async message<T>(pick: (message: unknown) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const onMessage = (message: unknown) => {
        const picked = pick(message);
        if (picked === undefined) return;
        stop();
        resolve(picked);
      };
      const onExit = () => {
        stop();
        reject(this.unexpectedEnd());
      };
      const stop = () => {
        this.child.off('message', onMessage);
        this.child.off('exit', onExit);
      };
      this.child.on('message', onMessage);
      this.child.once('exit', onExit);
      if (this.hasEnded) onExit();
    });
  }

  /** Waits until it writes a text, from now on. @throws {Error} when it ends or takes too long. */
  async says(text: string, withinMs: number): Promise<void> {
    let written = '';
    const streams = [this.child.stdout, this.child.stderr];
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        written += chunk.toString();
        if (written.includes(text)) stop(resolve);
      };
      const onExit = () => stop(() => reject(this.unexpectedEnd()));
      const stop = (settle: () => void) => {
        clearTimeout(timer);
        for (const stream of streams) stream?.off('data', onData);
        this.child.off('exit', onExit);
        settle();
      };
      const late = () => new Error(`${this.name} did not say "${text}" within ${withinMs / 1000} s: ${this.shownTail}`);
      const timer = setTimeout(() => stop(() => reject(late())), withinMs);
      for (const stream of streams) stream?.on('data', onData);
      this.child.once('exit', onExit);
      if (this.hasEnded) onExit();
    });
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}
