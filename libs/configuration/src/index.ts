/**
 * Reads and describes the environment of a Fairlead process.
 *
 * @module @fairlead/configuration
 */
export { ConfigurationError, parseEnvironment, type Environment } from './environment.js';
export { allowedDescriptors, connectionsWithin } from './descriptors.js';
export {
  blockListOf,
  cidrList,
  decimal,
  flag,
  hostNames,
  httpUrl,
  httpUrlList,
  jsonValue,
  oneOf,
  port,
  seconds,
  wholeNumber,
} from './fields.js';
export {
  certificateFilesOf,
  certificateProblems,
  certificateVariables,
  type CertificateName,
  type CertificateSettings,
} from './certificate-variables.js';
export { balancerAuthorityProblems, balancerAuthorityVariables } from './balancer-authority.js';
export { describeFields, describeVariables, type VariableDescription } from './describe.js';
export { nearestName } from './nearest-name.js';
export { outermostIssue, type LocatedIssue } from './outermost-issue.js';
export { escapeControls, escapeUnseen } from './printable.js';
export { FileError, MAX_FILE_BYTES, readSmallFile } from './small-file.js';
export { startOrExit } from './start-or-exit.js';
export { logSettings, logVariables, type LogVariables } from './log-settings.js';
export { unknownVariables } from './unknown-variables.js';
