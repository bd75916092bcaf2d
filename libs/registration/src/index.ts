/**
 * The Nest module by which a backend joins a Fairlead fleet.
 *
 * @module @fairlead/registration
 */
export { RegistrationModule } from './registration.module.js';
export { RegistrationService } from './registration.service.js';
export { reportCost } from './client/cost-report.js';
export { type RegistrationState, type RegistrationStatus } from './client/fleet-membership.js';
export { type RegistrationOptions } from './client/membership-options.js';
