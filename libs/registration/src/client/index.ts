/**
 * The membership of a Fairlead fleet, for backends with any framework or none.
 *
 * @module @fairlead/registration/client
 */
export { reportCost } from './cost-report.js';
export {
  FleetMembership,
  type MembershipContext,
  type MembershipEvents,
  type MembershipLogger,
  type RegistrationState,
  type RegistrationStatus,
} from './fleet-membership.js';
export { type RegistrationOptions } from './membership-options.js';
export { type MembershipAdvice } from './registration-client.js';
