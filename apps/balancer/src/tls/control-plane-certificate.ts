// The certificate of the control plane, and the TLS options of its server.
import type { TlsOptions } from 'node:tls';
import { serverOptions, type ServerMaterial } from '@fairlead/tls';
import { Inject, Injectable } from '@nestjs/common';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { controlPlaneFilesOf } from '../config/control-plane-tls.js';
import { EventLog } from '../registry/event-log.js';
import { FileCredentials } from './file-credentials.js';

/** The certificate of the control plane. @throws {CertificateError} when a file cannot be used. */
@Injectable()
export class ControlPlaneCertificate extends FileCredentials {
  constructor(events: EventLog, @Inject(balancerConfig.KEY) config: BalancerConfig) {
    const files = controlPlaneFilesOf(config);
    super(events, { files, sessionSeconds: config.TLS_SESSION_SECONDS, reasonPrefix: 'control plane: ' });
  }
}

/** The TLS options of the control plane's server. */
export function controlPlaneTlsOptions(material: ServerMaterial, config: BalancerConfig): TlsOptions {
  const { TLS_MIN_VERSION: minVersion, TLS_SESSION_SECONDS: sessionSeconds } = config;
  return serverOptions(material, material.certificates[0], { minVersion, sessionSeconds, clientCertificates: 'off' });
}
