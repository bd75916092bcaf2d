// What a TLS server serves with. It can be sent to other threads, so that all serve with the same.
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

/** Sessions of one server are not resumed by another (RFC 8446 §4.6.1); the threads of a balancer are one server. */
const SESSION_ID_CONTEXT = 'fairlead';

/** Whether clients are asked for certificates: not, if they have one, or always. */
export const CLIENT_CERTIFICATES = ['off', 'request', 'require'] as const;

/** One of {@link CLIENT_CERTIFICATES}. */
export type ClientCertificates = (typeof CLIENT_CERTIFICATES)[number];

/** The files of a TLS server. */
export interface ServerFiles {
  /** The first one is the default. */
  readonly certificates: readonly CertificateFiles[];
  /** The authorities that sign the certificates of clients; undefined where clients have none. */
  readonly clientAuthorities?: string | undefined;
  /** Revoked certificates of clients. */
  readonly revocationList?: string | undefined;
}

/** Everything a TLS server needs, except its sockets. */
export interface ServerMaterial {
  readonly certificates: readonly Certificate[];
  /** PEM. */
  readonly clientAuthorities: string | undefined;
  /** PEM. */
  readonly revocationList: string | undefined;
  /** Encrypts session tickets, with which a client resumes a session at any thread. */
  readonly ticketKey: Uint8Array;
}

/** A new random key for session tickets. */
export function generateTicketKey(): Uint8Array {
  return randomBytes(TICKET_KEY_BYTES);
}

/**
 * Reads all files of a server.
 *
 * @throws {CertificateError} for the first file that cannot be used.
 */
export function readServerMaterial(files: ServerFiles, ticketKey: Uint8Array): ServerMaterial {
  const { certificates, clientAuthorities, revocationList } = files;
  return {
    certificates: certificates.map((each) => readCertificate(each)),
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

/** How a server uses its material. */
export interface ServerPolicy {
  readonly minVersion: TlsVersion;
  readonly clientCertificates: ClientCertificates;
  /** How long a session can be resumed, seconds. */
  readonly sessionSeconds: number;
}

/** The options of Node's TLS server, or of a secure context, for one of the certificates. */
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
