// The three variables of a certificate, whose names begin alike: its file, the file of its key, and the key's password.
import { z } from 'zod';

/** The names of the three variables for a prefix. */
export type CertificateName<Prefix extends string> =
  `${Prefix}_CERTIFICATE_FILE` | `${Prefix}_KEY_FILE` | `${Prefix}_KEY_PASSWORD`;

/** Variables of a certificate, each set or not. */
export type CertificateSettings<Prefix extends string> = Readonly<
  Partial<Record<CertificateName<Prefix>, string | undefined>>
>;

/**
 * A part of a schema: `X_CERTIFICATE_FILE`, `X_KEY_FILE` and `X_KEY_PASSWORD` for the prefix `X`.
 *
 * @param description of the certificate file.
 */
export function certificateVariables<Prefix extends string>(prefix: Prefix, description: string) {
  const variables: Record<string, z.ZodOptional<z.ZodString>> = {
    [`${prefix}_CERTIFICATE_FILE`]: z.string().optional().describe(description),
    [`${prefix}_KEY_FILE`]: z.string().optional().describe(`Key of ${prefix}_CERTIFICATE_FILE, as a PEM file`),
    [`${prefix}_KEY_PASSWORD`]: z.string().optional().describe('Password of that key, if it is encrypted'),
  };
  return variables as Record<CertificateName<Prefix>, z.ZodOptional<z.ZodString>>;
}

/** The files of the certificate; undefined where none is set. */
export function certificateFilesOf<Prefix extends string>(prefix: Prefix, settings: CertificateSettings<Prefix>) {
  const { certificate, key, password } = valuesOf(prefix, settings);
  return certificate === undefined || key === undefined
    ? undefined
    : { certificateFile: certificate, keyFile: key, password };
}

/** A sentence for each of the variables that is set without the one that it needs. */
export function certificateProblems<Prefix extends string>(
  prefix: Prefix,
  settings: CertificateSettings<Prefix>,
): string[] {
  const { certificate, key, password } = valuesOf(prefix, settings);
  const problem = (name: string, needed: string) => `${prefix}_${name} needs ${prefix}_${needed}, which is not set`;
  return [
    ...(certificate !== undefined && key === undefined ? [problem('CERTIFICATE_FILE', 'KEY_FILE')] : []),
    ...(key !== undefined && certificate === undefined ? [problem('KEY_FILE', 'CERTIFICATE_FILE')] : []),
    ...(password !== undefined && key === undefined ? [problem('KEY_PASSWORD', 'KEY_FILE')] : []),
  ];
}

function valuesOf<Prefix extends string>(prefix: Prefix, settings: CertificateSettings<Prefix>) {
  return {
    certificate: settings[`${prefix}_CERTIFICATE_FILE`],
    key: settings[`${prefix}_KEY_FILE`],
    password: settings[`${prefix}_KEY_PASSWORD`],
  };
}
