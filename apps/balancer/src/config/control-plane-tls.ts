// The variables of TLS on the control plane.
import { dependencyProblems } from '@fairlead/configuration';
import type { ServerFiles } from '@fairlead/tls';
import { z } from 'zod';

/** A part of the balancer's schema. */
export const controlPlaneTlsVariables = {
  CONTROL_PLANE_TLS_CERTIFICATE_FILE: z
    .string()
    .optional()
    .describe(
      'Certificate of the control plane with its intermediates, as a PEM file; the port then speaks only https; read again when it changes',
    ),
  CONTROL_PLANE_TLS_KEY_FILE: z
    .string()
    .optional()
    .describe('Key of CONTROL_PLANE_TLS_CERTIFICATE_FILE, as a PEM file'),
  CONTROL_PLANE_TLS_KEY_PASSWORD: z.string().optional().describe('Password of that key, if it is encrypted'),
};

/** The configuration of TLS for the control plane. */
export type ControlPlaneTlsConfig = z.output<z.ZodObject<typeof controlPlaneTlsVariables>>;

/** The files of the control plane; undefined where it speaks plain HTTP. */
export function controlPlaneFilesOf(config: ControlPlaneTlsConfig): ServerFiles | undefined {
  const {
    CONTROL_PLANE_TLS_CERTIFICATE_FILE: certificateFile,
    CONTROL_PLANE_TLS_KEY_FILE: keyFile,
    CONTROL_PLANE_TLS_KEY_PASSWORD: password,
  } = config;
  if (certificateFile === undefined || keyFile === undefined) return undefined;
  return { certificates: [{ certificateFile, keyFile, password }] };
}

/** A sentence for each of these variables that needs another one. */
export function controlPlaneTlsContradictions(config: ControlPlaneTlsConfig): string[] {
  return [
    ...dependencyProblems(config, 'CONTROL_PLANE_TLS_CERTIFICATE_FILE', 'CONTROL_PLANE_TLS_KEY_FILE'),
    ...dependencyProblems(config, 'CONTROL_PLANE_TLS_KEY_FILE', 'CONTROL_PLANE_TLS_CERTIFICATE_FILE'),
    ...dependencyProblems(config, 'CONTROL_PLANE_TLS_KEY_PASSWORD', 'CONTROL_PLANE_TLS_KEY_FILE'),
  ];
}
