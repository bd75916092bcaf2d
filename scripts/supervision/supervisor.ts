// Keeps one balancer running, and on request replaces it with a new one on the same sockets.
import { setTimeout as sleep } from 'node:timers/promises';
import { BalancerProcess } from './balancer-process.ts';
import { SupervisionError, balancerEnvironment, requireBuild, type Environment } from './settings.ts';
import type { SharedSockets } from './sockets.ts';
import { removeStatus, writeStatus } from './status-file.ts';

const READY_TIMEOUT_MS = 30_000;
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 30_000;
/** After this uptime a crash does not count as a failed start, and the pause is reset. */
const STEADY_MS = 60_000;

/** Options of a supervisor. */
export interface SupervisorOptions {
  readonly sockets: SharedSockets;
  readonly environment: Environment;
  /** Variables that describe the bound sockets; they override all others. */
  readonly fixed: Environment;
  readonly pidFile: string;
  /** How long a balancer may take to end after SIGTERM. */
  readonly stopTimeoutMs: number;
  readonly log: (text: string) => void;
}

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly running = new Set<BalancerProcess>();
  private readonly stopped = Promise.withResolvers<void>();
  private isStopping = false;
  private hangup = Promise.withResolvers<void>();
  private isReloadWanted = false;
  private reloads = 0;
  private last = { succeeded: true, outcome: 'no reload yet' };
  private pauseMs = MIN_PAUSE_MS;
  private hasWrittenStatus = false;

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  /** Requests a rolling restart. During a reload, another one follows it. */
  reload(): void {
    this.isReloadWanted = true;
    this.hangup.resolve();
  }

  /** Requests the shutdown of the balancer and the supervisor. */
  stop(): void {
    this.isStopping = true;
    this.stopped.resolve();
  }

  /**
   * Runs until `stop` is called; returns the exit code.
   *
   * @throws {SupervisionError} when the status cannot be written after the first start. No balancer is left running.
   */
  async run(): Promise<number> {
    try {
      return await this.supervise();
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  private async supervise(): Promise<number> {
    let current = await this.launch();
    if (typeof current === 'string') {
      if (!this.isStopping) this.options.log(`the balancer could not be started: ${current}`);
      return this.isStopping ? this.end() : 1;
    }
    this.options.log(`balancer ${current.pid} serves`);
    this.recordStatus(current, false);
    for (;;) {
      await Promise.race([current.ended, this.hangup.promise, this.stopped.promise]);
      if (this.isStopping) return this.end(current);
      if (current.end !== undefined) current = await this.restart(current);
      else if (this.takeReload()) current = await this.replace(current);
    }
  }

  /** Starts a balancer and waits until it is ready; returns the reason if it fails. */
  private async launch(): Promise<BalancerProcess | string> {
    const { sockets, environment, fixed } = this.options;
    let balancer: BalancerProcess;
    try {
      requireBuild();
      balancer = new BalancerProcess(sockets, { ...balancerEnvironment(environment), ...fixed });
    } catch (error) {
      if (error instanceof SupervisionError) return error.message;
      throw error;
    }
    this.running.add(balancer);
    void balancer.ended.then(() => this.running.delete(balancer));
    const abort = new AbortController();
    const late = sleep(READY_TIMEOUT_MS, undefined, abort).catch(() => {});
    const isReady = await Promise.race([
      balancer.ready.then(() => true),
      Promise.race([balancer.ended, late, this.stopped.promise]).then(() => false),
    ]);
    abort.abort();
    if (isReady) return balancer;
    if (balancer.end !== undefined) return `process ${balancer.pid} ended with ${balancer.end} before it was ready`;
    if (this.isStopping) return 'the supervisor is stopping';
    balancer.kill();
    await balancer.ended;
    return `process ${balancer.pid} was not ready within ${READY_TIMEOUT_MS / 1000} s and was killed`;
  }

  private async replace(old: BalancerProcess): Promise<BalancerProcess> {
    this.options.log(`reload: starting a replacement for balancer ${old.pid}`);
    this.recordStatus(old, true);
    const next = await this.launch();
    if (typeof next === 'string') {
      if (this.isStopping) return old;
      const state =
        old.end === undefined ? `balancer ${old.pid} still serves` : `balancer ${old.pid} has ended as well`;
      this.finish(old, false, `reload failed: ${next}; ${state}`);
      return old;
    }
    const ended = old.stop(this.options.stopTimeoutMs);
    await Promise.race([ended, next.ended, this.stopped.promise]);
    if (this.isStopping) return next;
    if (next.end === undefined) {
      this.finish(next, true, `reload complete: balancer ${next.pid} serves, ${old.pid} ended with ${await ended}`);
    } else {
      this.finish(next, false, `reload failed: process ${next.pid} ended with ${next.end} soon after it was ready`);
    }
    return next;
  }

  /** Replaces a balancer that ended by itself. The sockets stay open, so new connections wait in their backlogs. */
  private async restart(ended: BalancerProcess): Promise<BalancerProcess> {
    let reason = `balancer ${ended.pid} ended with ${ended.end}`;
    if (performance.now() - ended.startedAt > STEADY_MS) this.pauseMs = MIN_PAUSE_MS;
    for (;;) {
      this.options.log(`${reason}; starting it again in ${this.pauseMs / 1000} s`);
      this.recordStatus(undefined, false);
      await this.pause();
      if (this.isStopping) return ended;
      const isReload = this.takeReload();
      const next = await this.launch();
      if (this.isStopping) return ended;
      if (typeof next !== 'string') {
        if (isReload) this.finish(next, true, `reload complete: balancer ${next.pid} serves, there was none before`);
        else this.options.log(`balancer ${next.pid} serves`);
        this.recordStatus(next, false);
        return next;
      }
      if (isReload) this.finish(undefined, false, `reload failed: ${next}; no balancer serves`);
      reason = next;
    }
  }

  /** Waits before the next start. A reload request ends the wait: the operator may have fixed the cause. */
  private async pause(): Promise<void> {
    const abort = new AbortController();
    const over = sleep(this.pauseMs, undefined, abort).catch(() => {});
    this.pauseMs = Math.min(2 * this.pauseMs, MAX_PAUSE_MS);
    await Promise.race([over, this.hangup.promise, this.stopped.promise]);
    abort.abort();
  }

  private takeReload(): boolean {
    const isWanted = this.isReloadWanted;
    this.isReloadWanted = false;
    this.hangup = Promise.withResolvers();
    return isWanted;
  }

  private finish(balancer: BalancerProcess | undefined, succeeded: boolean, outcome: string): void {
    this.reloads++;
    this.last = { succeeded, outcome };
    this.options.log(outcome);
    this.recordStatus(balancer, false);
  }

  private recordStatus(balancer: BalancerProcess | undefined, isReloading: boolean): void {
    const { reloads, last } = this;
    const status = { supervisor: process.pid, balancer: balancer?.pid ?? null, isReloading, reloads, ...last };
    try {
      writeStatus(this.options.pidFile, status);
      this.hasWrittenStatus = true;
    } catch (error) {
      // At the first write the setting is wrong. Later failures, such as a full disk, must not end a serving balancer.
      if (!this.hasWrittenStatus || !(error instanceof SupervisionError)) throw error;
      this.options.log(error.message);
    }
  }

  /** Closes the sockets first: new connections are refused instead of waiting in a backlog that nothing accepts from. */
  private async end(current?: BalancerProcess): Promise<number> {
    this.options.sockets.close();
    await Promise.all([...this.running].map((balancer) => balancer.stop(this.options.stopTimeoutMs)));
    if (this.hasWrittenStatus) removeStatus(this.options.pidFile);
    if (current) this.options.log(`balancer ${current.pid} ended with ${current.end}`);
    return current?.exitCode ?? 0;
  }
}
