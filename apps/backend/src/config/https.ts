// The certificate with which the backend serves https.
import { ConfigurationError } from '@fairlead/configuration';
import {
  CertificateError,
  generateTicketKey,
  readServerMaterial,
  serverOptions,
  type CertificateFiles,
  type ServerPolicy,
} from '@fairlead/tls';
import type { NestApplicationOptions } from '@nestjs/common';

/** What Nest takes, which is what Node's server takes. */
type HttpsOptions = NonNullable<NestApplicationOptions['httpsOptions']>;

/** How long a session can be resumed. */
const SESSION_SECONDS = 43_200;
const POLICY: ServerPolicy = { minVersion: 'TLSv1.2', clientCertificates: 'off', sessionSeconds: SESSION_SECONDS };

/** The options of Node's https server. @throws {ConfigurationError} when a file cannot be used. */
export function httpsOptionsOf(files: CertificateFiles): HttpsOptions {
  try {
    const material = readServerMaterial({ certificates: [files] }, generateTicketKey());
    return serverOptions(material, material.certificates[0], POLICY) as HttpsOptions;
  } catch (error) {
    if (error instanceof CertificateError) throw new ConfigurationError([error.message]);
    throw error;
  }
}
