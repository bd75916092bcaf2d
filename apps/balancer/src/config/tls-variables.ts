// The variables of TLS for clients: certificates, handshakes, client certificates, and redirects to https.
import { flag, port, seconds, oneOf, wholeNumber } from '@fairlead/configuration';
import { CLIENT_CERTIFICATES, TLS_VERSIONS, type CertificateFiles, type ServerFiles } from '@fairlead/tls';
import { z } from 'zod';

const fileList = () =>
  z
    .string()
    .transform((text) => text.split(',').map((path) => path.trim()))
    .refine((paths) => paths.every((path) => path !== ''), 'must be file names, separated by commas');

/** A part of the balancer's schema. */
export const tlsVariables = {
  DATA_PLANE_TLS_PORT: z
    .union([z.literal('off').transform(() => undefined), port()], 'must be off or a whole number from 0 to 65535')
    .prefault('off')
    .describe('Port on which clients are accepted with TLS; 0: a free one; off: none'),
  TLS_CERTIFICATE_FILES: fileList()
    .optional()
    .describe(
      'Certificates with their intermediates, as PEM files; the first one is for unknown names; read again when they change',
    ),
  TLS_KEY_FILES: fileList().optional().describe('The keys of TLS_CERTIFICATE_FILES, as PEM files in the same order'),
  TLS_KEY_PASSWORD: z.string().optional().describe('Password of the keys that are encrypted'),
  TLS_MIN_VERSION: oneOf(TLS_VERSIONS)
    .prefault('TLSv1.2')
    .describe(`The lowest version of TLS that is accepted: ${TLS_VERSIONS.join(', ')}`),
  TLS_STRICT_SNI: flag()
    .prefault('false')
    .describe('Whether a handshake that asks for no name, or for one that no certificate has, is refused'),
  TLS_HANDSHAKE_TIMEOUT_SECONDS: seconds(0.1, 3_600)
    .prefault('10')
    .describe('How long a client has for the handshake, from when it is connected'),
  TLS_MAX_HANDSHAKES: wholeNumber(1, 1_000_000)
    .prefault('1024')
    .describe('Most handshakes in progress, over all threads; when one more begins, the oldest is closed'),
  TLS_SESSION_SECONDS: seconds(60, 604_800)
    .prefault('43200')
    .describe('How long a session can be resumed at most; the key that encrypts session tickets is replaced as often'),
  TLS_CLIENT_CERTIFICATES: oneOf(CLIENT_CERTIFICATES)
    .prefault('off')
    .describe('Whether clients present certificates: off, request (verified if a client has one), require'),
  TLS_CLIENT_CA_FILE: z
    .string()
    .optional()
    .describe('Authorities that may sign client certificates, as a PEM file; read again when it changes'),
  TLS_CLIENT_CRL_FILE: z
    .string()
    .optional()
    .describe('List of revoked client certificates, as a PEM file; read again when it changes'),
  HTTPS_REDIRECT_PORT: z
    .union(
      [z.literal('off').transform(() => undefined), wholeNumber(1, 65_535)],
      'must be off or a whole number from 1 to 65535',
    )
    .prefault('off')
    .describe('Port to which requests without TLS are redirected with 308, as clients reach it; off: they are served'),
  HSTS_SECONDS: wholeNumber(0, 1_000_000_000)
    .prefault('0')
    .describe(
      'How long browsers are to use only https, by Strict-Transport-Security in responses over TLS; 0: no such header',
    ),
};

/** The configuration of TLS for clients. */
export type TlsConfig = z.output<z.ZodObject<typeof tlsVariables>>;

/** The files of the TLS port; undefined if there is none. */
export function serverFilesOf(config: TlsConfig): ServerFiles | undefined {
  if (config.DATA_PLANE_TLS_PORT === undefined) return undefined;
  const { TLS_CERTIFICATE_FILES = [], TLS_KEY_FILES = [], TLS_KEY_PASSWORD: password } = config;
  const certificates = TLS_CERTIFICATE_FILES.map((certificateFile, i): CertificateFiles => ({
    certificateFile,
    keyFile: TLS_KEY_FILES[i],
    password,
  }));
  return {
    certificates,
    clientAuthorities: config.TLS_CLIENT_CA_FILE,
    revocationList: config.TLS_CLIENT_CRL_FILE,
  };
}

/** A sentence for each contradiction among these variables. */
export function tlsContradictions(config: TlsConfig): string[] {
  const { TLS_CERTIFICATE_FILES: certificates = [], TLS_KEY_FILES: keys = [] } = config;
  const { TLS_CLIENT_CERTIFICATES, TLS_CLIENT_CA_FILE, TLS_CLIENT_CRL_FILE } = config;
  const isOn = config.DATA_PLANE_TLS_PORT !== undefined;
  const problems: string[] = [];
  if (isOn && certificates.length === 0)
    problems.push('DATA_PLANE_TLS_PORT needs TLS_CERTIFICATE_FILES, which is not set');
  if (certificates.length !== keys.length) {
    problems.push(
      `TLS_KEY_FILES must have one key file for each file of TLS_CERTIFICATE_FILES (${certificates.length}), got ${keys.length}`,
    );
  }
  if (!isOn) problems.push(...settingsOfTls(config).map((name) => `${name} needs DATA_PLANE_TLS_PORT, which is off`));
  if (TLS_CLIENT_CERTIFICATES !== 'off' && TLS_CLIENT_CA_FILE === undefined) {
    problems.push(`TLS_CLIENT_CERTIFICATES=${TLS_CLIENT_CERTIFICATES} needs TLS_CLIENT_CA_FILE, which is not set`);
  }
  if (TLS_CLIENT_CERTIFICATES !== 'off') return problems;
  for (const [name, file] of Object.entries({ TLS_CLIENT_CA_FILE, TLS_CLIENT_CRL_FILE })) {
    if (file !== undefined) problems.push(`${name} needs TLS_CLIENT_CERTIFICATES, which is off`);
  }
  return problems;
}

/** The variables that are set, and mean something only where there is a port with TLS. */
function settingsOfTls(config: TlsConfig): string[] {
  const set = {
    TLS_CERTIFICATE_FILES: config.TLS_CERTIFICATE_FILES !== undefined,
    TLS_STRICT_SNI: config.TLS_STRICT_SNI,
    TLS_CLIENT_CERTIFICATES: config.TLS_CLIENT_CERTIFICATES !== 'off',
    HSTS_SECONDS: config.HSTS_SECONDS > 0,
  };
  return Object.entries(set).flatMap(([name, isSet]) => (isSet ? [name] : []));
}
