// The certificates of the port for clients with TLS.
import { Inject, Injectable } from '@nestjs/common';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { serverFilesOf } from '../config/tls-variables.js';
import { EventLog } from '../registry/event-log.js';
import { FileCredentials } from './file-credentials.js';

/** @throws {CertificateError} when a file cannot be used. */
@Injectable()
export class CertificateFiles extends FileCredentials {
  constructor(events: EventLog, @Inject(balancerConfig.KEY) config: BalancerConfig) {
    super(events, { files: serverFilesOf(config), sessionSeconds: config.TLS_SESSION_SECONDS });
  }
}
