// The certificates and keys of a TLS server. They can be sent to other threads, so that all threads use the same ones.
import { randomBytes } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import {
  type Certificate,
  readAuthorities,
  readCertificate,
  readRevocationList,
  type CertificateFiles,
} from './certificate.js';
import { cipherPolicy, type TlsVersion } from './cipher-policy.js';

/** Node's form of a ticket key: a name, a key for HMAC and one for AES, 16 bytes each. */
const TICKET_KEY_BYTES = 48;

/** The same on all threads, which are one server for clients. OpenSSL resumes only sessions with the same context. */
const SESSION_ID_CONTEXT = 'fairlead';

/** Whether clients present certificates: never, if they want to, or always. */
export const CLIENT_CERTIFICATES = ['off', 'request', 'require'] as const;

/** One of {@link CLIENT_CERTIFICATES}. */
export type ClientCertificates = (typeof CLIENT_CERTIFICATES)[number];

/** The files of a TLS server. */
export interface ServerFiles {
  /** The first one is the default. */
  readonly certificates: readonly CertificateFiles[];
  /** The authorities that may sign client certificates; undefined if these are off. */
  readonly clientAuthorities?: string | undefined;
  /** The list of revoked client certificates. */
  readonly revocationList?: string | undefined;
}

/** Everything that a TLS server needs from files, and its ticket key. */
export interface ServerMaterial {
  readonly certificates: readonly Certificate[];
  /** In PEM. */
  readonly clientAuthorities: string | undefined;
  /** In PEM. */
  readonly revocationList: string | undefined;
  /** Encrypts session tickets, with which a client can resume a session on any thread. */
  readonly ticketKey: Uint8Array;
}

/** A new random key for session tickets. */
export function generateTicketKey(): Uint8Array {
  return randomBytes(TICKET_KEY_BYTES);
}

/**
 * Reads all files of a server.
 *
 * @param inUse certificates that serve already, see `readCertificate`.
 * @throws {CertificateError} for the first file that cannot be used.
 */
export function readServerMaterial(
  files: ServerFiles,
  ticketKey: Uint8Array,
  inUse: readonly Certificate[] = [],
): ServerMaterial {
  const { certificates, clientAuthorities, revocationList } = files;
  return {
    certificates: certificates.map((each) => readCertificate(each, inUse)),
    clientAuthorities: clientAuthorities === undefined ? undefined : readAuthorities(clientAuthorities),
    revocationList: revocationList === undefined ? undefined : readRevocationList(revocationList),
    ticketKey,
  };
}

/** The paths of a server's files. */
export function pathsOf({ certificates, clientAuthorities, revocationList }: ServerFiles): string[] {
  const pairs = certificates.flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile]);
  return [...pairs, clientAuthorities, revocationList].filter((path) => path !== undefined);
}

/** The settings of a TLS server. */
export interface ServerPolicy {
  readonly minVersion: TlsVersion;
  readonly clientCertificates: ClientCertificates;
  /** How long a session can be resumed, seconds. */
  readonly sessionSeconds: number;
}

/** The policy of servers that have no variables for it: sessions can be resumed for at most 12 hours. */
export const DEFAULT_POLICY: ServerPolicy = {
  minVersion: 'TLSv1.2',
  clientCertificates: 'off',
  sessionSeconds: 43_200,
};

/** The options of Node's TLS server, or of a secure context, with one of the certificates. */
export function serverOptions(material: ServerMaterial, { chain, key }: Certificate, policy: ServerPolicy): TlsOptions {
  const { clientAuthorities, revocationList, ticketKey } = material;
  const { minVersion, clientCertificates, sessionSeconds } = policy;
  return {
    ...cipherPolicy(minVersion),
    cert: chain,
    key,
    ca: clientAuthorities,
    crl: revocationList,
    requestCert: clientCertificates !== 'off',
    rejectUnauthorized: clientCertificates === 'require',
    ticketKeys: Buffer.from(ticketKey),
    sessionIdContext: SESSION_ID_CONTEXT,
    sessionTimeout: sessionSeconds,
  };
}
