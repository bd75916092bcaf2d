// A backend's membership of the fleet: registers once the app listens, renews, and deregisters at shutdown.
import type { BackendView, Registration } from '@fairlead/contracts';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistrationClient, type Failed, type Outcome, type Refused } from './registration-client.js';
import {
  fetchOf,
  MODULE_OPTIONS_TOKEN,
  registrationOf,
  tokensOf,
  type RegistrationOptions,
} from './registration.options.js';
import { REFUSED_RETRY_MS, retryDelayMs } from './retry.js';

const DRAIN_POLL_MS = 100;
const LEAVE_TIMEOUT_MS = 10_000;

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

/** Keeps the app registered. Inject it to read `registration.state`. */
@Injectable()
export class RegistrationService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Registration');
  private readonly stopping = new AbortController();
  private readonly registration: Registration;
  private readonly client: RegistrationClient;
  private membership: Promise<void> | undefined;
  private current: RegistrationState = { status: 'joining', id: null, reason: '' };

  /** @throws {TypeError} when the balancer would refuse the options. */
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: RegistrationOptions,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.registration = registrationOf(options);
    const tokens = tokensOf(options, (message) =>
      this.logger.error(`tokenFile: ${message}; the tokens that were read before are still used`),
    );
    const send = fetchOf(options, (message) =>
      this.logger.error(`caFile: ${message}; the authorities that were read before are still used`),
    );
    this.client = new RegistrationClient(options.balancerUrl, tokens, send);
  }

  /** The current state. Each change creates a new object. */
  get state(): RegistrationState {
    return this.current;
  }

  /** Nest calls no hook once the app listens, so this one, which comes before, subscribes to that event. */
  onApplicationBootstrap(): void {
    this.adapterHost.listen$.subscribe(() => {
      this.membership = this.stayRegistered().catch((error: unknown) => this.logger.error(error));
    });
  }

  /** The last hook before Nest closes the server, so that requests already on their way are still served. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.membership;
    const { id } = this.current;
    if (id === null) return;
    this.setStatus('leaving');
    await this.leave(id);
    this.setStatus('left');
  }

  private async stayRegistered(): Promise<void> {
    const registration = this.completeRegistration();
    while (!this.isStopping) {
      const view = await this.register(registration);
      if (!view?.lease) return;
      const renewEverySeconds = this.options.renewEverySeconds ?? view.lease.renewEverySeconds;
      await this.renewUntilForgotten(view.id, renewEverySeconds * 1000);
    }
  }

  private async register(registration: Registration): Promise<BackendView | null> {
    for (let attempt = 0; !this.isStopping; attempt += 1) {
      const outcome = await this.client.register(registration);
      if (outcome.kind === 'registered') {
        this.onAccepted(outcome.view.id);
        return outcome.view;
      }
      this.onFailure(outcome);
      await this.pause(retryDelayMs(outcome, attempt, Math.random));
    }
    return null;
  }

  private async renewUntilForgotten(id: string, renewEveryMs: number): Promise<void> {
    let failures = 0;
    await this.pause(renewEveryMs);
    while (!this.isStopping) {
      const outcome = await this.client.renew(id);
      if (outcome.kind === 'refused') {
        this.setStatus('joining', outcome.message);
        this.logger.warn(`${this.balancer} refused to renew the lease of ${id}: ${outcome.message}; registering again`);
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

  private async leave(id: string): Promise<void> {
    const deadline = AbortSignal.timeout(this.options.leaveTimeoutMs ?? LEAVE_TIMEOUT_MS);
    let outcome = await this.client.leave(id);
    const isDraining = outcome.kind === 'accepted' && outcome.status === 202;
    if (isDraining) outcome = await this.waitUntilGone(id, deadline);
    if (deadline.aborted) this.logger.warn(`${this.balancer} did not finish draining ${id} in time; closing anyway`);
    else if (outcome.kind === 'failed') this.logger.warn(`could not deregister ${id}: ${outcome.reason}`);
    else if (outcome.kind === 'refused' && outcome.status !== 404) {
      this.logger.warn(`could not deregister ${id}: ${this.balancer} refused it: ${outcome.message}`);
    } else this.logger.log(`deregistered ${id} from ${this.balancer}`);
  }

  private async waitUntilGone(id: string, deadline: AbortSignal): Promise<Outcome> {
    let outcome: Outcome;
    do {
      await sleep(DRAIN_POLL_MS, undefined, { signal: deadline }).catch(() => undefined);
      outcome = await this.client.find(id);
    } while (outcome.kind === 'accepted' && !deadline.aborted);
    return outcome;
  }

  /** The registration, with the port the app listens on unless the options name one. */
  private completeRegistration(): Registration {
    if (this.registration.url !== undefined || this.registration.port !== undefined) return this.registration;
    const server: Server = this.adapterHost.httpAdapter.getHttpServer();
    const address = server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('RegistrationModule: the app does not listen on a TCP port; set url or port');
    }
    return { ...this.registration, port: address.port };
  }

  private onAccepted(id: string): void {
    if (this.current.status !== 'registered') this.logger.log(`registered with ${this.balancer} as ${id}`);
    this.current = { status: 'registered', id, reason: '' };
  }

  private onFailure(outcome: Failed | Refused): void {
    const { status, reason } = this.current;
    if (outcome.kind === 'refused') {
      this.setStatus('refused', outcome.message);
      if (status === 'refused' && reason === outcome.message) return;
      const retry = `retrying every ${REFUSED_RETRY_MS / 1000} s`;
      this.logger.error(`${this.balancer} refused the registration: ${outcome.message}; ${retry}`);
      return;
    }
    this.setStatus('unreachable', outcome.reason);
    if (status !== 'unreachable')
      this.logger.warn(`no usable response from ${this.balancer}: ${outcome.reason}; retrying`);
  }

  private setStatus(status: RegistrationStatus, reason = ''): void {
    this.current = { status, id: this.current.id, reason };
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private get balancer(): string {
    return `the balancer at ${new URL(this.options.balancerUrl).origin}`;
  }

  private async pause(durationMs: number): Promise<void> {
    await sleep(durationMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
