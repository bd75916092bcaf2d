// The variable by which clients of the control plane verify its certificate.
import { z } from 'zod';

/** A part of the schema of each client. */
export const balancerAuthorityVariables = {
  BALANCER_CA_FILE: z
    .string()
    .optional()
    .describe(
      "The authorities that may sign the balancer's certificate, as a PEM file; defaults to those that Node knows; read again when it changes",
    ),
};

/** A sentence if the variable is set and the balancer is not reached by https, in an array; otherwise an empty one. */
export function balancerAuthorityProblems(variables: {
  readonly BALANCER_URL: URL;
  readonly BALANCER_CA_FILE?: string | undefined;
}): string[] {
  const { BALANCER_URL: url, BALANCER_CA_FILE: file } = variables;
  if (file === undefined || url.protocol === 'https:') return [];
  return [`BALANCER_CA_FILE needs a BALANCER_URL with https, got ${JSON.stringify(url.origin)}`];
}
