// The variables of TLS on the control plane.
import { certificateFilesOf, certificateVariables, type CertificateSettings } from '@fairlead/configuration';
import type { ServerFiles } from '@fairlead/tls';

/** A part of the balancer's schema. */
export const controlPlaneTlsVariables = certificateVariables(
  'CONTROL_PLANE_TLS',
  'Certificate of the control plane with its intermediates, as a PEM file; the port then speaks only https; read again when it changes',
);

/** The files of the control plane; undefined where it speaks plain HTTP. */
export function controlPlaneFilesOf(config: CertificateSettings<'CONTROL_PLANE_TLS'>): ServerFiles | undefined {
  const certificate = certificateFilesOf('CONTROL_PLANE_TLS', config);
  return certificate && { certificates: [certificate] };
}
