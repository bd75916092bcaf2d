// The Nest module by which a backend joins a Fairlead fleet.
export { RegistrationModule } from './registration.module.js';
export { type RegistrationOptions } from './registration.options.js';
export { RegistrationService, type RegistrationState, type RegistrationStatus } from './registration.service.js';
export { COST_REPORT_HEADER, costReportHeader, reportCost } from './cost-report.js';
