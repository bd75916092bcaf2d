// The certificates of the data plane's TLS port.
import { Inject, Injectable } from '@nestjs/common';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { serverFilesOf } from '../config/tls-variables.js';
import { EventLog } from '../registry/event-log.js';
import { FileCredentials } from './file-credentials.js';

/** The certificates of the data plane, from TLS_CERTIFICATE_FILES. @throws {CertificateError} when a file cannot be used. */
@Injectable()
export class DataPlaneCertificates extends FileCredentials {
  constructor(events: EventLog, @Inject(balancerConfig.KEY) config: BalancerConfig) {
    super(events, { files: serverFilesOf(config), sessionSeconds: config.TLS_SESSION_SECONDS });
  }
}
