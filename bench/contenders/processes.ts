// Processes that a benchmark starts, and always stops, each by its own process id.
import { once } from 'node:events';
import { OwnProcess as BaseProcess } from '../../test/processes/own-process.js';

export { endAll as stopAll } from '../../test/processes/own-process.js';
export { freePorts } from '../../test/processes/ports.js';

/** Milliseconds. */
const STOP_MS = 3_000;

/** A process that this program started. */
export class OwnProcess extends BaseProcess {
  private output = '';

  /** Starts a process. It inherits only PATH from this process's environment. Its output is kept when piped. */
  static start(
    name: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    stdout: 'ignore' | 'pipe' = 'ignore',
  ): OwnProcess {
    const started = new OwnProcess(name, [command, ...args], { env, stdio: ['ignore', stdout, 'pipe'] });
    started.child.stdout?.on('data', (chunk) => (started.output += chunk));
    return started;
  }

  /** Waits until its output, which must be piped, contains this text. @throws {Error} when it exits first. */
  async says(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      this.assertRuns();
      await Promise.race([once(this.child.stdout!, 'data'), once(this.child, 'exit')]);
    }
  }

  /** Waits for it to exit, and returns its output, which must be piped. @throws {Error} when it fails. */
  async finished(): Promise<string> {
    const [code] = (await once(this.child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${this.name} failed: ${this.shownTail}`);
    return this.output;
  }

  /** @throws {Error} when it could not be started. */
  override get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} could not be started: ${this.shownTail}`);
    return this.child.pid;
  }

  /** Sends SIGTERM, then SIGKILL if it is still running after the timeout. */
  override async stop(signal: NodeJS.Signals = 'SIGTERM', killAfterMs = STOP_MS): Promise<number | null> {
    return super.stop(signal, killAfterMs);
  }

  override async end(): Promise<void> {
    await this.stop();
  }
}
