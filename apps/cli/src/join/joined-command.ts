// Runs a command as a backend: it joins when its port answers, and leaves before it gets a signal to end.
import { constants } from 'node:os';
import type { Environment } from '@fairlead/configuration';
import { EXIT } from '../invocation/exit-codes.js';
import { report } from '../output/messages.js';
import { duration } from '../output/numbers.js';
import { ChildCommand, NotStarted } from './child-command.js';
import { waitForPorts, type ListeningPort } from './listening-ports.js';
import type { Membership } from './membership.js';
import type { Place } from './place.js';
import { probePort, waitUntilAnswers } from './port-probe.js';
import { handleSignals } from '../processes/signals.js';

/** How to run the command. */
export interface JoinedCommandOptions {
  /** Where it will listen; undefined: to be found out. */
  readonly place: Place | undefined;
  /** The place of a port that was found. */
  readonly placeOf: (port: ListeningPort) => Place;
  readonly open: (place: Place) => Membership;
  readonly startTimeoutMs: number | undefined;
  readonly stopTimeoutMs: number;
  /** The variables of this process, which the command gets. */
  readonly environment: Environment;
}

/** The command has ended by itself. */
interface Ended {
  readonly kind: 'ended';
  readonly exitCode: number;
}

/** A signal asks for the end. */
interface StopRequested {
  readonly kind: 'stop';
  readonly signal: NodeJS.Signals;
}

/** How the start went. */
type Start =
  | Ended
  | StopRequested
  | { readonly kind: 'answers'; readonly place: Place }
  | { readonly kind: 'silent'; readonly missing: string }
  | { readonly kind: 'ambiguous'; readonly ports: readonly number[] };

const NO_PORT = 'it listens on no port that can be found; if it does listen on one, name it by --port';

/** Runs it until it ends. Returns the exit code of `join`. */
export async function runJoined(command: readonly string[], options: JoinedCommandOptions): Promise<number> {
  const { place } = options;
  if (place !== undefined && (await probePort(place.target)) === 'open') {
    const { host, port } = place.target;
    report(
      `port ${port} of ${host} is taken: another process answers there. To let that one join, leave the command out`,
    );
    return EXIT.notJoined;
  }
  try {
    return await new JoinedCommand(await ChildCommand.start(command, options.environment), command[0], options).run();
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    report(error.message);
    return error.exitCode;
  }
}

class JoinedCommand {
  private readonly ended: Promise<Ended>;
  private readonly stopRequested: Promise<StopRequested>;

  constructor(
    private readonly child: ChildCommand,
    private readonly name: string,
    private readonly options: JoinedCommandOptions,
  ) {
    this.ended = child.ended.then((exitCode) => ({ kind: 'ended', exitCode }));
    this.stopRequested = new Promise((resolve) =>
      handleSignals({
        onStop: (signal) => resolve({ kind: 'stop', signal }),
        onStopAgain: (signal) => this.stopAgain(signal),
        onOther: (signal) => child.signal(signal),
      }),
    );
  }

  /** Returns its exit code, when everything that it has started has ended as well. */
  async run(): Promise<number> {
    const exitCode = await this.runUntilEnd();
    await this.child.stopRest(this.options.stopTimeoutMs, () => {
      report(`processes that ${this.name} has left behind have not ended: killing them`);
    });
    return exitCode;
  }

  private async runUntilEnd(): Promise<number> {
    const start = await Promise.race([this.ended, this.stopRequested, this.whenAnswers()]);
    if (start.kind !== 'answers') return this.endBeforeJoining(start);
    let membership: Membership;
    try {
      membership = this.options.open(start.place);
    } catch (error) {
      // Such as a file with the token that is gone since the command was started.
      report((error as Error).message);
      return this.endWith(EXIT.notJoined);
    }
    membership.start();
    const refused = membership.refused.then((reason) => ({ kind: 'refused', reason }) as const);
    const end = await Promise.race([this.ended, this.stopRequested, refused]);
    if (end.kind === 'refused') {
      report(`the balancer refused the registration: ${end.reason}`);
      const exitCode = await this.endWith(EXIT.notJoined);
      await membership.leave();
      return exitCode;
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

  private async endBeforeJoining(event: Exclude<Start, { kind: 'answers' }>): Promise<number> {
    if (event.kind === 'stop') {
      this.stop(event.signal);
      return this.child.ended;
    }
    if (event.kind === 'ended') {
      const { place } = this.options;
      const missing = place === undefined ? 'listened on a port' : `answered on port ${place.target.port}`;
      report(`${this.name} ended (exit code ${event.exitCode}) before it ${missing}`);
      return event.exitCode || EXIT.found;
    }
    if (event.kind === 'ambiguous') {
      const [first] = event.ports;
      report(
        `${this.name} listens on the ports ${event.ports.join(', ')}: say where it serves, such as by --port ${first}`,
      );
      return this.endWith(EXIT.notJoined);
    }
    const { startTimeoutMs = 0 } = this.options;
    report(`${this.name} does not answer after ${duration(startTimeoutMs / 1000)}: ${event.missing}`);
    return this.endWith(EXIT.startTimeout);
  }

  /** Ends the command for a reason of our own. */
  private async endWith(exitCode: number): Promise<number> {
    this.stop('SIGTERM');
    await this.child.ended;
    return exitCode;
  }

  /** While it leaves the fleet after the command has ended by itself, there is nothing to pass a signal on to. */
  private stopAgain(signal: NodeJS.Signals): void {
    if (this.child.isOver) process.exit(EXIT.signalBase + constants.signals[signal]);
    this.stop(signal);
  }

  private stop(signal: NodeJS.Signals): void {
    const { stopTimeoutMs } = this.options;
    this.child.stop(signal, stopTimeoutMs, () => {
      report(`${this.name} has not ended ${duration(stopTimeoutMs / 1000)} after ${signal}: killing it`);
    });
  }

  private async whenAnswers(): Promise<Start> {
    const { startTimeoutMs, placeOf } = this.options;
    const timeout = startTimeoutMs === undefined ? [] : [AbortSignal.timeout(startTimeoutMs)];
    const signal = AbortSignal.any([...timeout, this.whenOver()]);
    let { place } = this.options;
    if (place === undefined) {
      const ports = await waitForPorts(this.child.pid, signal);
      if (ports.length === 0) return { kind: 'silent', missing: NO_PORT };
      if (ports.length > 1) return { kind: 'ambiguous', ports: ports.map(({ port }) => port) };
      report(`${this.name} listens on port ${ports[0].port}`);
      place = placeOf(ports[0]);
    }
    const missing = await waitUntilAnswers(place.target, signal);
    return missing === undefined ? { kind: 'answers', place } : { kind: 'silent', missing };
  }

  /** Aborts when it makes no more sense to wait. */
  private whenOver(): AbortSignal {
    const over = new AbortController();
    void Promise.race([this.ended, this.stopRequested]).then(() => over.abort());
    return over.signal;
  }
}
