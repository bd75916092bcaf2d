// All certificates that the balancer presents, to clients and to backends, for its metrics.
import type { Certificate } from '@fairlead/tls';
import { Injectable } from '@nestjs/common';
import { BackendCredentials } from './backend-credentials.js';
import { ControlPlaneCertificate } from './control-plane-certificate.js';
import { ServerCredentials } from './server-credentials.js';

/** The certificates of all ports. */
@Injectable()
export class CertificatesInUse {
  constructor(
    private readonly dataPlane: ServerCredentials,
    private readonly controlPlane: ControlPlaneCertificate,
    private readonly backends: BackendCredentials,
  ) {}

  /** Each file once, even if it is used in several places. */
  list(): readonly Certificate[] {
    const served = [this.dataPlane, this.controlPlane].flatMap(({ material }) => material?.certificates ?? []);
    const all = [...served, this.backends.material.certificate].filter((certificate) => certificate !== undefined);
    return [...new Map(all.map((certificate) => [certificate.file, certificate])).values()];
  }
}
