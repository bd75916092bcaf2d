// Ties a Nest app's membership of the fleet to its life: it joins once the app listens, and leaves at shutdown.
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { FleetMembership, type RegistrationState } from './client/fleet-membership.js';
import type { RegistrationOptions } from './client/membership-options.js';
import { MODULE_OPTIONS_TOKEN } from './registration.options.js';

/** Keeps the app registered. Inject it to read `registration.state`. */
@Injectable()
export class RegistrationService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Registration');
  private readonly membership: FleetMembership;

  /** @throws {TypeError} when the balancer would refuse the options. */
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: RegistrationOptions,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.membership = new FleetMembership(options, { logger: this.logger, name: 'RegistrationModule' });
  }

  /** The current state. Each change creates a new object. */
  get state(): RegistrationState {
    return this.membership.state;
  }

  /** Nest calls no hook once the app listens, so this one, which comes before, subscribes to that event. */
  onApplicationBootstrap(): void {
    this.adapterHost.listen$.subscribe(() => this.start());
  }

  /** The last hook before Nest closes the server, so that requests already on their way are still served. */
  beforeApplicationShutdown(): Promise<void> {
    return this.membership.leave();
  }

  private start(): void {
    const server: Server = this.adapterHost.httpAdapter.getHttpServer();
    const address = server.address();
    try {
      this.membership.start({ port: typeof address === 'object' ? address?.port : undefined });
    } catch (error) {
      // Nothing above a subscriber would catch it.
      this.logger.error(error);
    }
  }
}
