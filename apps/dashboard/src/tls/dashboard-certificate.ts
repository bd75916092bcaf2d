// The certificate of the dashboard. It is read again when its files change.
import type { TlsOptions } from 'node:tls';
import { ConfigurationError } from '@fairlead/configuration';
import {
  CertificateError,
  DEFAULT_POLICY,
  serverOptions,
  WatchedServerMaterial,
  type CertificateFiles,
} from '@fairlead/tls';
import { Logger } from '@nestjs/common';

/** The certificate in use, and the options for a server that uses it. */
export class DashboardCertificate {
  private readonly logger = new Logger('Certificate');
  private readonly watched: WatchedServerMaterial;
  private onReplace: (options: TlsOptions) => void = () => {};

  /** @throws {ConfigurationError} when a file cannot be used. */
  constructor(files: CertificateFiles) {
    try {
      this.watched = new WatchedServerMaterial({ certificates: [files] }, DEFAULT_POLICY.sessionSeconds, {
        onReplace: () => this.onReplace(this.options),
        onChange: (expiries) => this.logger.log(`certificate changed: ${expiries}`),
        onRejection: (reason) => this.logger.warn(`certificate rejected: ${reason}`),
      });
    } catch (error) {
      if (error instanceof CertificateError) throw new ConfigurationError([error.message]);
      throw error;
    }
  }

  /** The TLS options of the dashboard's server. */
  get options(): TlsOptions {
    const { material } = this.watched;
    return serverOptions(material, material.certificates[0], DEFAULT_POLICY);
  }

  /** Calls back with new options whenever the files have changed or the ticket key was replaced, until the process ends. */
  async keepUpToDate(onReplace: (options: TlsOptions) => void): Promise<void> {
    this.onReplace = onReplace;
    await this.watched.start();
  }
}
