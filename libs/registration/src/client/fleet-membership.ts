// A backend's membership of the fleet: it registers, renews its lease, registers again when forgotten, and leaves.
import type { BackendView, Registration } from '@fairlead/contracts';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Balancers } from './balancers.js';
import { balancerUrlsOf, fetchOf, registrationOf, tokensOf, type RegistrationOptions } from './membership-options.js';
import {
  RegistrationClient,
  REQUEST_TIMEOUT_MS,
  type Failed,
  type Outcome,
  type Refused,
  adviceFor,
  type MembershipAdvice,
} from './registration-client.js';
import { REFUSED_RETRY_MS, retryDelayMs } from './retry.js';

const DRAIN_POLL_MS = 100;
const LEAVE_TIMEOUT_MS = 10_000;

/** With several balancers, each gets this long to respond to a renewal at least, however short the lease is. */
const MIN_RENEWAL_TIMEOUT_MS = 250;

/**
 * `joining`: not registered yet, or forgotten by the balancer; `registered`: the balancer accepted the last request;
 * `unreachable`: it sent no usable response; `refused`: it refused the registration; `leaving` and `left`: the app is
 * shutting down.
 */
export type RegistrationStatus = 'joining' | 'registered' | 'unreachable' | 'refused' | 'leaving' | 'left';

/** The state of a backend's registration. */
export interface RegistrationState {
  readonly status: RegistrationStatus;
  /** The id by which the balancer knows this backend; null before the first successful registration. */
  readonly id: string | null;
  /** The balancer's message or the network error; empty if there is none. */
  readonly reason: string;
}

/** Where messages go: `console`, a logger of Nest, or any object with these methods. */
export interface MembershipLogger {
  /** Progress: the backend was registered or deregistered. */
  log(message: string): void;
  /** The membership is at risk, and will be retried. */
  warn(message: string): void;
  /** Something that the options or the balancer's configuration must change. */
  error(message: string): void;
}

/** What surrounds a {@link FleetMembership}. */
export interface MembershipContext {
  /** Default: `console`. */
  readonly logger?: MembershipLogger | undefined;
  /** Whose options the error messages are about. Default: `FleetMembership`. */
  readonly name?: string | undefined;
  /** What to do, if it is not to set an option of `name`. */
  readonly advice?: MembershipAdvice | undefined;
}

/** The events of {@link FleetMembership}. */
export interface MembershipEvents {
  /** The state is now this one. */
  change: [state: RegistrationState];
}

/**
 * Keeps a backend in the fleet, from `start` until `leave`. It emits `change` whenever its state changes.
 *
 * @example
 * const membership = new FleetMembership({
 *   balancerUrl: 'http://127.0.0.1:9797', id: 'disk-1', resources: { compute: 20, storage: 36 }, leaseSeconds: 30,
 * });
 * server.listen(8080, () => membership.start({ port: 8080 }));
 * process.once('SIGTERM', async () => {
 *   await membership.leave();
 *   server.close();
 * });
 */
export class FleetMembership extends EventEmitter<MembershipEvents> {
  private readonly logger: MembershipLogger;
  private readonly name: string;
  private readonly registration: Registration;
  private readonly balancers: Balancers;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private leaving: Promise<void> | undefined;
  private current: RegistrationState = { status: 'joining', id: null, reason: '' };

  /** @throws {TypeError} when the balancer would refuse the options. */
  constructor(
    private readonly options: RegistrationOptions,
    { logger = console, name = 'FleetMembership', advice = adviceFor(name) }: MembershipContext = {},
  ) {
    super();
    this.logger = logger;
    this.name = name;
    this.registration = registrationOf(options, name);
    const tokens = tokensOf(options, name, (message) =>
      logger.error(`tokenFile: ${message}; the tokens that were read before are still used`),
    );
    const fetch = fetchOf(options, name, (message) =>
      logger.error(`caFile: ${message}; the authorities that were read before are still used`),
    );
    const clients = balancerUrlsOf(options, name).map((url) => new RegistrationClient(url, { tokens, fetch, advice }));
    this.balancers = new Balancers(
      clients,
      () => this.isStopping,
      (message) => logger.warn(message),
    );
  }

  /** The current state. Each change creates a new object. */
  get state(): RegistrationState {
    return this.current;
  }

  /**
   * Registers the backend, and keeps it registered in the background until `leave`. Call it once the backend listens;
   * `port` is where, and needed if the options have neither `url` nor `port`.
   *
   * @throws {TypeError} when there is no port.
   * @throws {Error} when it was called before, or `leave` was.
   */
  start({ port }: { readonly port?: number | undefined } = {}): void {
    if (this.isStopping) throw new Error(`${this.name}: start was called after leave`);
    if (this.running !== undefined) throw new Error(`${this.name}: start was called twice`);
    const registration = this.completeRegistration(port);
    this.running = this.stayRegistered(registration).catch((error: unknown) => this.logger.error(String(error)));
  }

  /**
   * Deregisters the backend from every balancer, and resolves when none sends it requests any more, or after
   * `leaveTimeoutMs`: until then the backend must keep serving. It never rejects, and further calls return the same promise.
   */
  leave(): Promise<void> {
    this.leaving ??= this.end();
    return this.leaving;
  }

  private async end(): Promise<void> {
    this.stopping.abort();
    await this.running;
    const { id } = this.current;
    if (id === null) return;
    this.setStatus('leaving');
    const deadline = AbortSignal.timeout(this.options.leaveTimeoutMs ?? LEAVE_TIMEOUT_MS);
    await this.balancers.leave((client) => this.leaveOne(client, client.claim?.id ?? id, deadline));
    this.setStatus('left');
  }

  private async stayRegistered(registration: Registration): Promise<void> {
    while (!this.isStopping) {
      const view = await this.register(registration);
      if (!view?.lease) return;
      const renewEverySeconds = this.options.renewEverySeconds ?? view.lease.renewEverySeconds;
      await this.renewUntilForgotten(view.id, renewEverySeconds * 1000, view.lease.leaseSeconds * 1000);
    }
  }

  private async register(registration: Registration): Promise<BackendView | null> {
    for (let attempt = 0; !this.isStopping; attempt += 1) {
      const outcome = await this.balancers.register(registration);
      if (outcome.kind === 'registered') {
        this.onAccepted(outcome.view.id);
        return outcome.view;
      }
      this.onFailure(outcome);
      await this.pause(retryDelayMs(outcome, attempt, Math.random));
    }
    return null;
  }

  private async renewUntilForgotten(id: string, renewEveryMs: number, leaseMs: number): Promise<void> {
    const timeoutMs = this.renewalTimeoutMs(leaseMs - renewEveryMs);
    let failures = 0;
    await this.pause(renewEveryMs);
    while (!this.isStopping) {
      const outcome = await this.balancers.renew(id, timeoutMs);
      if (outcome.kind === 'refused') {
        const balancer = this.balancers.current.name;
        this.setStatus('joining', outcome.message);
        this.logger.warn(`${balancer} refused to renew the lease of ${id}: ${outcome.message}; registering again`);
        return;
      }
      if (outcome.kind === 'accepted') {
        failures = 0;
        this.onAccepted(id);
        await this.pause(renewEveryMs);
      } else {
        this.onFailure(outcome);
        await this.pause(retryDelayMs(outcome, failures++, Math.random));
      }
    }
  }

  /** All balancers together respond, or fail to, within the rest of the lease, so that the last one can still renew it. */
  private renewalTimeoutMs(restMs: number): number {
    const { count } = this.balancers;
    if (count === 1) return REQUEST_TIMEOUT_MS;
    return Math.min(REQUEST_TIMEOUT_MS, Math.max(MIN_RENEWAL_TIMEOUT_MS, Math.floor(restMs / count)));
  }

  private async leaveOne(client: RegistrationClient, id: string, deadline: AbortSignal): Promise<void> {
    let outcome = await client.leave(id);
    const isDraining = outcome.kind === 'accepted' && outcome.status === 202;
    if (isDraining) outcome = await waitUntilGone(client, id, deadline);
    // A balancer that never knew the backend has nothing to say.
    if (!client.hasAccepted && !isDraining) return;
    if (deadline.aborted) this.logger.warn(`${client.name} did not finish draining ${id} in time; closing anyway`);
    else if (outcome.kind === 'failed')
      this.logger.warn(`could not deregister ${id} from ${client.name}: ${outcome.reason}`);
    else if (outcome.kind === 'refused' && outcome.status !== 404) {
      this.logger.warn(`could not deregister ${id}: ${client.name} refused it: ${outcome.message}`);
    } else this.logger.log(`deregistered ${id} from ${client.name}`);
  }

  /** The registration, with the port the app listens on unless the options name one. */
  private completeRegistration(port: number | undefined): Registration {
    if (this.registration.url !== undefined || this.registration.port !== undefined) return this.registration;
    if (port === undefined) throw new TypeError(`${this.name}: the app does not listen on a TCP port; set url or port`);
    return registrationOf({ ...this.options, port }, this.name);
  }

  private onAccepted(id: string): void {
    const { name } = this.balancers.current;
    if (this.current.status !== 'registered') this.logger.log(`registered with ${name} as ${id}`);
    this.setStatus('registered', '', id);
  }

  private onFailure(outcome: Failed | Refused): void {
    const { status, reason } = this.current;
    if (outcome.kind === 'refused') {
      this.setStatus('refused', outcome.message);
      if (status === 'refused' && reason === outcome.message) return;
      const retry = `retrying every ${REFUSED_RETRY_MS / 1000} s`;
      this.logger.error(`${this.balancers.names} refused the registration: ${outcome.message}; ${retry}`);
      return;
    }
    this.setStatus('unreachable', outcome.reason);
    if (status === 'unreachable') return;
    this.logger.warn(`no usable response from ${this.balancers.names}: ${outcome.reason}; retrying`);
  }

  private setStatus(status: RegistrationStatus, reason = '', id = this.current.id): void {
    const { current } = this;
    if (current.status === status && current.reason === reason && current.id === id) return;
    const state = { status, id, reason };
    this.current = state;
    // Outside the loop that keeps the lease, so that a listener that throws does not end it.
    process.nextTick(() => this.emit('change', state));
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async pause(durationMs: number): Promise<void> {
    await sleep(durationMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

async function waitUntilGone(client: RegistrationClient, id: string, deadline: AbortSignal): Promise<Outcome> {
  let outcome: Outcome;
  do {
    await sleep(DRAIN_POLL_MS, undefined, { signal: deadline }).catch(() => undefined);
    outcome = await client.find(id);
  } while (outcome.kind === 'accepted' && !deadline.aborted);
  return outcome;
}
