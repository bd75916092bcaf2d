// The variables that say how connections to backends with an https URL are encrypted and verified.
import { isIP } from 'node:net';
import { dependencyProblems, flag, oneOf } from '@fairlead/configuration';
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
  BACKEND_TLS_CERTIFICATE_FILE: z
    .string()
    .optional()
    .describe(
      'The certificate, with its issuers, that backends are shown which ask for one, as a PEM file; read again when it changes',
    ),
  BACKEND_TLS_KEY_FILE: z.string().optional().describe('The key of BACKEND_TLS_CERTIFICATE_FILE, as a PEM file'),
  BACKEND_TLS_KEY_PASSWORD: z.string().optional().describe('The password of that key, if it is encrypted'),
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
  const { BACKEND_TLS_CERTIFICATE_FILE: certificateFile, BACKEND_TLS_KEY_FILE: keyFile } = config;
  const password = config.BACKEND_TLS_KEY_PASSWORD;
  const hasCertificate = certificateFile !== undefined && keyFile !== undefined;
  return {
    authorities: config.BACKEND_TLS_CA_FILE,
    certificate: hasCertificate ? { certificateFile, keyFile, password } : undefined,
  };
}

/** A sentence for each of these variables that needs another one. */
export function backendTlsContradictions(config: BackendTlsConfig): string[] {
  return [
    ...dependencyProblems(config, 'BACKEND_TLS_CERTIFICATE_FILE', 'BACKEND_TLS_KEY_FILE'),
    ...dependencyProblems(config, 'BACKEND_TLS_KEY_FILE', 'BACKEND_TLS_CERTIFICATE_FILE'),
    ...dependencyProblems(config, 'BACKEND_TLS_KEY_PASSWORD', 'BACKEND_TLS_KEY_FILE'),
  ];
}
