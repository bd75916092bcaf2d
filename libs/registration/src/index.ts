/**
 * The Nest module by which a backend joins a Fairlead fleet.
 *
 * @module @fairlead/registration
 */
export { RegistrationModule } from './registration.module.js';
export { type RegistrationOptions } from './registration.options.js';
export { RegistrationService, type RegistrationState, type RegistrationStatus } from './registration.service.js';
export { reportCost } from './cost-report.js';
