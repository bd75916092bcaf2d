// The variables of this process. Besides this, only bootstrap/inherited-sockets.ts reads process.env.
import type { Environment } from '@fairlead/configuration';

/** The variables as they are now. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Sets variables for this process and the threads that it starts from now on. */
export function setVariables(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables);
}
