// The module a Nest backend imports to be part of a Fairlead fleet.
import { Module } from '@nestjs/common';
import { ConfigurableModuleClass } from './registration.options.js';
import { RegistrationService } from './registration.service.js';

/**
 * Joins the fleet once the app listens, renews the lease, joins again when the balancer forgot it, and leaves before
 * the app's server closes. `forRoot(options)` takes {@link RegistrationOptions}; `forRootAsync({ imports, inject,
 * useFactory })` has them made.
 *
 * Leaving on SIGTERM needs `app.enableShutdownHooks()`. It happens in `beforeApplicationShutdown`, while requests are
 * still being served: close what they need (a database, say) in `onApplicationShutdown`, not in `onModuleDestroy`.
 *
 * @example
 * imports: [RegistrationModule.forRoot({
 *   balancerUrl: 'http://127.0.0.1:9797', id: 'disk-1', resources: { compute: 20, storage: 36 }, leaseSeconds: 30,
 * })]
 */
@Module({ providers: [RegistrationService], exports: [RegistrationService] })
export class RegistrationModule extends ConfigurableModuleClass {}
