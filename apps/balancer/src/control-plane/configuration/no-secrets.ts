// Stands in for the variables and files of this machine, where a document comes from a caller that may not see them.
import type { SecretSource } from '../../traffic-config/traffic-file.js';

const STAND_IN = '***';

/** The same text for each: every variable is set, and every file can be read. */
export const noSecrets: SecretSource = {
  environment: new Proxy<Record<string, string>>({}, { get: () => STAND_IN }),
  // With quotes, since an error page may have to be JSON.
  readFile: () => JSON.stringify(STAND_IN),
};
