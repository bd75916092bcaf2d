// The interfaces of a scenario of the chaos suite and of the stage it runs on. Each file in scenarios/ exports one as
// `scenario`.

import type { Program } from '../../scripts/programs.ts';

/** Balancers that the suite can start. */
export type BalancerName = 'fairlead' | 'nginx' | 'haproxy';

export interface Scenario {
  /** Its number in the table. */
  readonly number: number;
  readonly title: string;
  /** What must hold, as the table prints it. */
  readonly bar: string;
  /** Whether nginx and HAProxy can do the same, with static backends. */
  readonly peers?: boolean;
  /** Whether its clients always speak TLS. */
  readonly isSecure?: boolean;
  /** Programs it runs. Where one is missing it is skipped, or fails if FAIRLEAD_REQUIRE_PROGRAMS is set. */
  readonly needs?: readonly Program[];
  /** Runs it and returns its outcome. The stage ends what it started. @throws {Error} when it could not run. */
  run(stage: Stage): Promise<Outcome>;
}

/** The outcome of a scenario. */
export interface Outcome {
  readonly requests: number;
  /** Requests without a correct response, except those that the scenario excuses. */
  readonly lost: number;
  /** Requests that must not be repeated (POST) and were executed more than once. */
  readonly duplicated: number;
  /** Responses that belong to another request, or seemed complete and were not. */
  readonly wrong: number;
  /** Longest time without a correct response, milliseconds. */
  readonly longestGapMs: number;
  /** Whether the bar was cleared. */
  readonly passed: boolean;
  /** The figures that the bar is about. */
  readonly detail: string;
}

/** The environment of a scenario. Everything started on it ends with the scenario. */
export interface Stage {
  readonly balancer: BalancerName;
  /** The long form keeps to the times of the table; the short one is for CI. */
  readonly isLong: boolean;
  /** How many minutes the soak goes on, when that was asked for. */
  readonly soakMinutes: number | undefined;
  /** Requests per second: at most half of what Fairlead was measured to bear at the start of the suite. */
  readonly ratePerSecond: number;
  /** Variables that Fairlead is given on top of its defaults (`--set`); `startBalancer` adds them by itself. */
  readonly variables: Readonly<Record<string, string>>;
  /** Whether clients speak TLS. */
  readonly isSecure: boolean;
  /** An empty folder of the scenario's own. */
  readonly folder: string;
  /** One of two lengths, by the form. */
  seconds(long: number, short: number): number;
  /**
   * Whether a duration keeps to its limit. The long form alone judges one: in the short form, which runs on any machine,
   * a duration says how busy the machine is, and is only reported.
   */
  isWithin(durationMs: number, limitMs: number): boolean;
  /** Returns `count` unused ports outside of the range for outgoing connections. */
  ports(count: number): Promise<number[]>;
  /**
   * Starts a backend, which listens when this resolves. With Fairlead it registers itself as soon as there is a
   * balancer, unless `registers` is false.
   */
  startBackend(options?: BackendOptions): Promise<ChaosBackend>;
  /** Starts a balancer, which listens and sees all `backends` up when this resolves. Several need an `id` each. */
  startBalancer(options: BalancerOptions): Promise<BalancerUnderTest>;
  /** Sends requests through the balancer, or several in turn, from a process of its own. */
  startLoad(options?: LoadOptions): Promise<Load>;
  /** Registers a clean-up for the end of the scenario; the last one registered runs first. */
  onEnd(cleanup: () => Promise<void> | void): void;
}

export interface BalancerOptions {
  /** Where it is one of several: it gets ports and a folder of its own then. */
  readonly id?: string;
  /** Fairlead: the folder whose `dist/` is run; this repository by default. */
  readonly root?: string;
  /** Where requests are to go. nginx and HAProxy know no others. */
  readonly backends: readonly { readonly id: string; readonly port: number }[];
  /** Variables for Fairlead, beneath those of `--set`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Prefix of the balancer's command, such as `['prlimit', '--nofile=256']`. */
  readonly prefix?: readonly string[];
  /** Fairlead: ids to wait for. All of `backends` by default; `[]` when none registers. */
  readonly awaited?: readonly string[];
  /**
   * How long backends keep idle connections, milliseconds. nginx and HAProxy are configured with it; Fairlead has to
   * find out.
   */
  readonly idleMs?: number | undefined;
  /** Starts it so that `reload` works: Fairlead under its supervisor, HAProxy as master and worker. */
  readonly isReloadable?: boolean;
}

/** A balancer that runs. */
export interface BalancerUnderTest {
  readonly name: BalancerName;
  /** Port of clients' traffic on 127.0.0.1. */
  readonly port: number;
  /** `http://127.0.0.1:port` of Fairlead's control plane; unused with the others. */
  readonly control: string;
  /** Of the process that was started; it changes with `start`. */
  readonly pid: number;
  readonly hasEnded: boolean;
  /** The end of what it wrote to stdout and stderr. */
  readonly output: string;
  /** Sends a signal and waits for the end; returns the exit code, null when a signal killed it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same ports, after `stop`; it listens when this resolves. */
  start(): Promise<void>;
  /** Has a new one take the ports over from the old one, and waits until that is done. */
  reload(): Promise<void>;
}

/** How a backend behaves towards requests; pings (`/health`) always get a response at once. */
export interface Behaviour {
  /** How long it works on a request, milliseconds: 20 by default. */
  readonly delayMs?: number;
  /** The status of its responses: 200 by default. */
  readonly status?: number;
}

export interface BackendOptions extends Behaviour {
  /** `backend-1` and so on by default. */
  readonly id?: string;
  /** Units per second; 100 each by default. */
  readonly resources?: Readonly<Record<string, number>>;
  /** 30 by default; 0: without a lease. */
  readonly leaseSeconds?: number;
  /** Closes connections that were idle for so long, without having announced it. */
  readonly closeIdleAfterMs?: number;
  /**
   * Control planes of several balancers, the first to be asked first. It registers by the client of libs/registration
   * then. Without them it registers with the balancer that has no id, and is quicker to try again.
   */
  readonly controls?: readonly string[];
  /** Whether it registers with Fairlead, and again when it was forgotten; true by default. */
  readonly registers?: boolean;
  /** Clock of its own, for `faketime`: command that its own is put behind. */
  readonly prefix?: readonly string[];
}

/** A backend that runs, or did. */
export interface ChaosBackend {
  readonly id: string;
  readonly port: number;
  readonly pid: number;
  /** What it executed, also in earlier lives, in order. */
  journal(): readonly Execution[];
  /** Changes its behaviour; it has when this resolves. */
  behave(behaviour: Behaviour): Promise<void>;
  /** SIGKILL. Returns when it was sent and when the backend was dead. */
  kill(): Promise<{ readonly atMs: number; readonly deadMs: number }>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  /** Starts it again at the same port, after `kill` or `leave`, and waits until it listens. */
  start(): Promise<void>;
  /** Asks the balancer to be drained, waits until it is gone there, and exits. Returns when the first two had happened. */
  leave(options?: LeaveOptions): Promise<Leave>;
}

export interface LeaveOptions {
  /** Whether it goes on to serve requests, to show which are still sent to it. */
  readonly staysUp?: boolean;
}

/** When a backend left. Times are of the machine's monotonic clock. */
export interface Leave {
  /** The balancer had acknowledged the drain. */
  readonly acknowledgedMs: number;
  /** The balancer had forgotten the backend. */
  readonly goneMs: number;
}

/** A request that a backend executed. Times are of the machine's monotonic clock, the same in all processes. */
export interface Execution {
  readonly backend: string;
  readonly id: string;
  readonly method: string;
  readonly startedMs: number;
  /** When the response was written to the socket; undefined: never. */
  readonly endedMs: number | undefined;
}

export interface LoadOptions {
  /** Balancers that get the requests in turn; by default the one without an id. */
  readonly balancers?: readonly { readonly port: number }[];
  /** How requests come. By default `stage.ratePerSecond`, evenly, until `stop`. */
  readonly ratePerSecond?: number;
  /** In place of a rate: when each request is due, milliseconds from the start, ascending. */
  readonly dueMs?: readonly number[];
  /** Methods in turn; GET by default. */
  readonly methods?: readonly ('GET' | 'POST')[];
  /** Kept-alive connections; 64 by default. */
  readonly connections?: number;
  /** Timeout of a request without a response, seconds; 40 by default. */
  readonly patienceSeconds?: number;
}

/** Requests on their way. Open loop: each is sent when it is due, whatever became of those before. */
export interface Load {
  /** Requests that are over, in the order of their ends; known with a delay of up to 100 ms. */
  readonly records: readonly RequestRecord[];
  /** Sends requests to these of its balancers only, in turn; it does when this resolves. */
  use(balancers: readonly { readonly port: number }[]): Promise<void>;
  /** Sends no more, waits for outstanding responses, and returns all records. */
  stop(): Promise<readonly RequestRecord[]>;
  /** The same when all of `dueMs` were sent. */
  finished(): Promise<readonly RequestRecord[]>;
}

/** The result of a request. Times are of the machine's monotonic clock, the same in all processes. */
export interface RequestRecord {
  readonly id: string;
  readonly method: string;
  /** The port of the balancer that it was sent to. */
  readonly port: number;
  readonly dueMs: number;
  /** When it was given to a connection. */
  readonly sentMs: number;
  /** When the response was complete, or the request failed. */
  readonly endedMs: number;
  /** 0: there was no response. */
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Whether the body was the one that belongs to the request. Meaningless when the response is not a backend's. */
  readonly isOwnBody: boolean;
  /** Why there was no response, or why it broke off. */
  readonly error: string | undefined;
}
