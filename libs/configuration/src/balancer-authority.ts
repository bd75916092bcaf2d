// The variable with which clients of the control plane verify its certificate.
import { z } from 'zod';

/** A part of the schema of each client of the control plane. */
export const balancerAuthorityVariables = {
  BALANCER_CA_FILE: z
    .string()
    .optional()
    .describe(
      "Authorities that may sign the balancer's certificate, as a PEM file; defaults to those built into Node; read again when it changes",
    ),
};

/** Returns a sentence if the variable is set but a `BALANCER_URL` is not https; otherwise nothing. */
export function balancerAuthorityProblems(variables: {
  readonly BALANCER_URL: URL | readonly URL[];
  readonly BALANCER_CA_FILE?: string | undefined;
}): string[] {
  const { BALANCER_URL: urls, BALANCER_CA_FILE: file } = variables;
  const plain = [urls].flat().find(({ protocol }) => protocol !== 'https:');
  if (file === undefined || plain === undefined) return [];
  return [`BALANCER_CA_FILE needs an https URL in BALANCER_URL, got ${JSON.stringify(plain.origin)}`];
}
