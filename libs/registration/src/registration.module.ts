// The module that a Nest backend imports to join a Fairlead fleet.
import { Module } from '@nestjs/common';
import { ConfigurableModuleClass } from './registration.options.js';
import { RegistrationService } from './registration.service.js';

/**
 * Registers the app once it listens, renews the lease, registers again if the balancer has forgotten the app, and
 * deregisters before the app's server closes. `forRoot(options)` takes {@link RegistrationOptions};
 * `forRootAsync({ imports, inject, useFactory })` takes a factory of them.
 *
 * Deregistering on SIGTERM requires `app.enableShutdownHooks()`. It happens in `beforeApplicationShutdown`, while
 * requests are still being served: close the resources they use, such as a database, in `onApplicationShutdown` and not
 * in `onModuleDestroy`.
 *
 * @example
 * imports: [RegistrationModule.forRoot({
 *   balancerUrl: 'http://127.0.0.1:9797', id: 'disk-1', resources: { compute: 20, storage: 36 }, leaseSeconds: 30,
 * })]
 */
@Module({ providers: [RegistrationService], exports: [RegistrationService] })
export class RegistrationModule extends ConfigurableModuleClass {}
