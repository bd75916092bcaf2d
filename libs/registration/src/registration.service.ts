// A backend's membership of the fleet: joins once the app listens, renews, joins again when forgotten, leaves in order.
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
import { RegistrationClient, type Answer, type Failed, type Refused } from './registration-client.js';
import { MODULE_OPTIONS_TOKEN, registrationOf, type RegistrationOptions } from './registration.options.js';
import { REFUSED_RETRY_MS, retryDelayMs } from './retry.js';

const DRAIN_POLL_MS = 100;
const LEAVE_TIMEOUT_MS = 10_000;

/**
 * `joining`: no answer yet; `registered`: the balancer's last answer was a yes; `unreachable`: it does not answer;
 * `refused`: it said no; `leaving` and `left`: the app shuts down.
 */
export type RegistrationStatus = 'joining' | 'registered' | 'unreachable' | 'refused' | 'leaving' | 'left';

/** Where a backend stands with its balancer. */
export interface RegistrationState {
  readonly status: RegistrationStatus;
  /** The id the balancer knows this backend by; null before it was first accepted. */
  readonly id: string | null;
  /** The balancer's own words, or what the network said; empty when all is well. */
  readonly reason: string;
}

/** Keeps this app in the fleet. Inject it to read how it stands: `registration.state`. */
@Injectable()
export class RegistrationService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Registration');
  private readonly stopping = new AbortController();
  private readonly registration: Registration;
  private readonly client: RegistrationClient;
  private membership: Promise<void> | undefined;
  private current: RegistrationState = { status: 'joining', id: null, reason: '' };

  /** @throws {TypeError} when the options could not be registered. */
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: RegistrationOptions,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.registration = registrationOf(options);
    this.client = new RegistrationClient(options.balancerUrl, options.token);
  }

  /** How this backend stands with the balancer now; a new object at each change. */
  get state(): RegistrationState {
    return this.current;
  }

  /** This hook runs before the app listens, and none runs after; hence the subscription. */
  onApplicationBootstrap(): void {
    this.adapterHost.listen$.subscribe(() => {
      this.membership = this.stayMember().catch((error: unknown) => this.logger.error(error));
    });
  }

  /** The last hook before Nest closes the server, so requests on their way here are still answered. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.membership;
    const { id } = this.current;
    if (id === null) return;
    this.flip('leaving');
    await this.leave(id);
    this.flip('left');
  }

  private async stayMember(): Promise<void> {
    const announcement = this.announcement();
    while (!this.isStopping) {
      const view = await this.join(announcement);
      if (!view?.lease) return;
      const renewEverySeconds = this.options.renewEverySeconds ?? view.lease.renewEverySeconds;
      await this.renewUntilForgotten(view.id, renewEverySeconds * 1000);
    }
  }

  private async join(announcement: Registration): Promise<BackendView | null> {
    for (let attempt = 0; !this.isStopping; attempt += 1) {
      const answer = await this.client.register(announcement);
      if (answer.kind === 'registered') {
        this.acknowledged(answer.view.id);
        return answer.view;
      }
      this.unanswered(answer);
      await this.pause(retryDelayMs(answer, attempt, Math.random));
    }
    return null;
  }

  private async renewUntilForgotten(id: string, renewEveryMs: number): Promise<void> {
    let failures = 0;
    await this.pause(renewEveryMs);
    while (!this.isStopping) {
      const answer = await this.client.renew(id);
      if (answer.kind === 'refused') {
        this.flip('joining', answer.message);
        this.logger.warn(`the balancer does not renew the lease of ${id}: ${answer.message}; registering again`);
        return;
      }
      if (answer.kind === 'accepted') {
        failures = 0;
        this.acknowledged(id);
        await this.pause(renewEveryMs);
      } else {
        this.unanswered(answer);
        await this.pause(retryDelayMs(answer, failures++, Math.random));
      }
    }
  }

  private async leave(id: string): Promise<void> {
    const deadline = AbortSignal.timeout(this.options.leaveTimeoutMs ?? LEAVE_TIMEOUT_MS);
    let answer = await this.client.leave(id);
    const isDraining = answer.kind === 'accepted' && answer.status === 202;
    if (isDraining) answer = await this.untilGone(id, deadline);
    if (deadline.aborted) this.logger.warn(`the balancer did not finish draining ${id} in time; closing all the same`);
    else if (answer.kind === 'failed') this.logger.warn(`left without the balancer's consent: ${answer.reason}`);
    else this.logger.log(`left the fleet of ${this.balancer}`);
  }

  private async untilGone(id: string, deadline: AbortSignal): Promise<Answer> {
    let answer: Answer;
    do {
      await sleep(DRAIN_POLL_MS, undefined, { signal: deadline }).catch(() => undefined);
      answer = await this.client.find(id);
    } while (answer.kind === 'accepted' && !deadline.aborted);
    return answer;
  }

  private announcement(): Registration {
    if (this.registration.url !== undefined || this.registration.port !== undefined) return this.registration;
    const server: Server = this.adapterHost.httpAdapter.getHttpServer();
    const address = server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('the app does not listen on a TCP port: give RegistrationModule a url or a port to announce');
    }
    return { ...this.registration, port: address.port };
  }

  private acknowledged(id: string): void {
    if (this.current.status !== 'registered') this.logger.log(`registered with ${this.balancer} as ${id}`);
    this.current = { status: 'registered', id, reason: '' };
  }

  private unanswered(answer: Failed | Refused): void {
    const { status, reason } = this.current;
    if (answer.kind === 'refused') {
      this.flip('refused', answer.message);
      if (status === 'refused' && reason === answer.message) return;
      const retry = `trying again every ${REFUSED_RETRY_MS / 1000} s`;
      this.logger.error(`${this.balancer} refused the registration: ${answer.message}; ${retry}`);
      return;
    }
    this.flip('unreachable', answer.reason);
    if (status !== 'unreachable') this.logger.warn(`${this.balancer} does not answer: ${answer.reason}; trying again`);
  }

  private flip(status: RegistrationStatus, reason = ''): void {
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
