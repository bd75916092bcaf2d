export { ConfigurationError, parseEnvironment, type Environment } from './environment.js';
export { cidrList, decimal, flag, httpUrl, jsonValue, port, seconds, wholeNumber } from './fields.js';
export { describeVariables, type VariableDescription } from './describe.js';
