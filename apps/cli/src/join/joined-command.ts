// Runs a command as a backend: it joins when its port answers, and leaves before it gets a signal to end.
import { EXIT } from '../invocation/exit-codes.js';
import { report } from '../output/messages.js';
import { duration } from '../output/numbers.js';
import { ChildCommand, NotStarted } from './child-command.js';
import type { Membership } from './membership.js';
import { isListening, waitUntilAnswers, type Target } from './port-probe.js';
import { handleSignals } from './signals.js';

/** How to run the command. */
export interface JoinedCommandOptions {
  readonly target: Target;
  readonly membership: Membership;
  readonly startTimeoutMs: number | undefined;
  readonly stopTimeoutMs: number;
}

/** What ends a phase of the run. */
type Event =
  | { readonly kind: 'answers' }
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'stop'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'silent'; readonly missing: string };

/** Runs it until it ends. Returns the exit code of `join`. */
export async function runJoined(command: readonly string[], options: JoinedCommandOptions): Promise<number> {
  const { host, port } = options.target;
  if (await isListening(options.target)) {
    report(
      `port ${port} of ${host} is taken: another process answers there. To let that one join, leave the command out`,
    );
    return EXIT.notJoined;
  }
  try {
    return await new JoinedCommand(await ChildCommand.start(command), command[0], options).run();
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    report(error.message);
    return error.exitCode;
  }
}

class JoinedCommand {
  private readonly ended: Promise<Event>;
  private readonly stopRequested: Promise<Event>;

  constructor(
    private readonly child: ChildCommand,
    private readonly name: string,
    private readonly options: JoinedCommandOptions,
  ) {
    this.ended = child.ended.then((exitCode) => ({ kind: 'ended', exitCode }));
    this.stopRequested = new Promise((resolve) =>
      handleSignals({
        onStop: (signal) => resolve({ kind: 'stop', signal }),
        onStopAgain: (signal) => this.stop(signal),
        onOther: (signal) => child.signal(signal),
      }),
    );
  }

  async run(): Promise<number> {
    const start = await Promise.race([this.ended, this.stopRequested, this.whenAnswers()]);
    if (start.kind !== 'answers') return this.endBeforeJoining(start);
    const { membership } = this.options;
    membership.start();
    const refused = membership.refused.then((reason): Event => ({ kind: 'refused', reason }));
    const end = await Promise.race([this.ended, this.stopRequested, refused]);
    if (end.kind === 'refused') {
      report(`the balancer refused the registration: ${end.reason}`);
      return this.endWith(EXIT.notJoined);
    }
    if (end.kind === 'ended') report(`${this.name} ended (exit code ${end.exitCode})`);
    else if (end.kind === 'stop') {
      report(`${end.signal}: leaving the fleet, then ${this.name} gets the signal`);
      await Promise.race([membership.leave(), this.ended]);
      this.stop(end.signal);
    }
    const exitCode = await this.child.ended;
    await membership.leave();
    return exitCode;
  }

  private async endBeforeJoining(event: Event): Promise<number> {
    const { startTimeoutMs, target } = this.options;
    if (event.kind === 'stop') {
      this.stop(event.signal);
      return this.child.ended;
    }
    if (event.kind === 'ended') {
      report(`${this.name} ended (exit code ${event.exitCode}) before it answered on port ${target.port}`);
      return event.exitCode || EXIT.found;
    }
    const missing = event.kind === 'silent' ? event.missing : '';
    report(`${this.name} does not answer after ${duration((startTimeoutMs ?? 0) / 1000)}: ${missing}`);
    return this.endWith(EXIT.startTimeout);
  }

  /** Ends the command for a reason of our own. */
  private async endWith(exitCode: number): Promise<number> {
    this.stop('SIGTERM');
    await this.child.ended;
    await this.options.membership.leave();
    return exitCode;
  }

  private stop(signal: NodeJS.Signals): void {
    const { stopTimeoutMs } = this.options;
    this.child.stop(signal, stopTimeoutMs, () => {
      report(`${this.name} has not ended ${duration(stopTimeoutMs / 1000)} after ${signal}: killing it`);
    });
  }

  private async whenAnswers(): Promise<Event> {
    const { target, startTimeoutMs } = this.options;
    const timeout = startTimeoutMs === undefined ? [] : [AbortSignal.timeout(startTimeoutMs)];
    const missing = await waitUntilAnswers(target, AbortSignal.any([...timeout, this.whenOver()]));
    return missing === undefined ? { kind: 'answers' } : { kind: 'silent', missing };
  }

  /** Aborts when it makes no more sense to wait. */
  private whenOver(): AbortSignal {
    const over = new AbortController();
    void Promise.race([this.ended, this.stopRequested]).then(() => over.abort());
    return over.signal;
  }
}
