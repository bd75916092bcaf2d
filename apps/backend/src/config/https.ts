// The certificate with which the backend serves https.
import { ConfigurationError } from '@fairlead/configuration';
import {
  CertificateError,
  DEFAULT_POLICY,
  generateTicketKey,
  readServerMaterial,
  serverOptions,
  type CertificateFiles,
} from '@fairlead/tls';
import type { NestApplicationOptions } from '@nestjs/common';

/** What Nest takes, which is what Node's server takes. */
type HttpsOptions = NonNullable<NestApplicationOptions['httpsOptions']>;

/** The options of Node's https server. @throws {ConfigurationError} when a file cannot be used. */
export function httpsOptionsOf(files: CertificateFiles): HttpsOptions {
  try {
    const material = readServerMaterial({ certificates: [files] }, generateTicketKey());
    return serverOptions(material, material.certificates[0], DEFAULT_POLICY) as HttpsOptions;
  } catch (error) {
    if (error instanceof CertificateError) throw new ConfigurationError([error.message]);
    throw error;
  }
}
