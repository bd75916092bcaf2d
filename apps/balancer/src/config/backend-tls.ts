// The variables that say how connections to backends with an https URL are encrypted and verified.
import { isIP } from 'node:net';
import { certificateFilesOf, certificateVariables, flag, oneOf } from '@fairlead/configuration';
import { TLS_VERSIONS, type ClientFiles } from '@fairlead/tls';
import { z } from 'zod';

const SERVER_NAME_FORM = 'must be a host name such as backends.example, not an IP address';

/** A part of the balancer's schema. */
export const backendTlsVariables = {
  BACKEND_TLS_CA_FILE: z
    .string()
    .optional()
    .describe(
      'The authorities that may sign the certificates of backends, as a PEM file, read again when it changes; without it, ' +
        'those that Node knows',
    ),
  BACKEND_TLS_SERVER_NAME: z
    .string()
    .toLowerCase()
    .refine((name) => /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(name) && isIP(name) === 0, SERVER_NAME_FORM)
    .optional()
    .describe(
      'The name that every backend is asked for and must have in its certificate; default: the host of its URL',
    ),
  BACKEND_TLS_MIN_VERSION: oneOf(TLS_VERSIONS)
    .prefault('TLSv1.2')
    .describe(`The lowest version of TLS with backends: ${TLS_VERSIONS.join(', ')}`),
  ...certificateVariables(
    'BACKEND_TLS',
    'Certificate, with its intermediates, for backends that ask for one, as a PEM file; read again when it changes',
  ),
  BACKEND_TLS_VERIFY: flag()
    .prefault('true')
    .describe(
      'Whether the certificates of backends are verified; without that, a backend can be impersonated on the network',
    ),
};

/** The configuration of TLS to backends. */
export type BackendTlsConfig = z.output<z.ZodObject<typeof backendTlsVariables>>;

/** The files of connections to backends. */
export function backendClientFilesOf(config: BackendTlsConfig): ClientFiles {
  return { authorities: config.BACKEND_TLS_CA_FILE, certificate: certificateFilesOf('BACKEND_TLS', config) };
}
