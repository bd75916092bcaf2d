// All certificates that the balancer serves with, for its metrics.
import type { Certificate } from '@fairlead/tls';
import { Injectable } from '@nestjs/common';
import { ControlPlaneCertificate } from './control-plane-certificate.js';
import { ServerCredentials } from './server-credentials.js';

@Injectable()
export class CertificatesInUse {
  constructor(
    private readonly dataPlane: ServerCredentials,
    private readonly controlPlane: ControlPlaneCertificate,
  ) {}

  /** Each file once, also when both ports serve with it. */
  list(): readonly Certificate[] {
    const all = [this.dataPlane, this.controlPlane].flatMap(({ material }) => material?.certificates ?? []);
    return [...new Map(all.map((certificate) => [certificate.file, certificate])).values()];
  }
}
