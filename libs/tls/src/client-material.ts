// What a TLS client verifies servers with, and shows of itself. It can be sent to other threads.
import type { SecureContextOptions } from 'node:tls';
import { type Certificate, type CertificateFiles, readAuthorities, readCertificate } from './certificate.js';
import { cipherPolicy, type TlsVersion } from './cipher-policy.js';

/** The files of a TLS client. */
export interface ClientFiles {
  /** The authorities that may sign the certificates of servers; undefined: those that Node knows. */
  readonly authorities?: string | undefined;
  /** What it shows to servers that ask for a certificate. */
  readonly certificate?: CertificateFiles | undefined;
}

/** Everything that a TLS client needs, except its sockets. */
export interface ClientMaterial {
  /** PEM; undefined: the authorities that Node knows. */
  readonly authorities: string | undefined;
  readonly certificate: Certificate | undefined;
}

/** Reads all files of a client. @throws {CertificateError} for the first file that cannot be used. */
export function readClientMaterial({ authorities, certificate }: ClientFiles): ClientMaterial {
  return {
    authorities: authorities === undefined ? undefined : readAuthorities(authorities),
    certificate: certificate && readCertificate(certificate),
  };
}

/** The paths of a client's files. */
export function clientPathsOf({ authorities, certificate }: ClientFiles): string[] {
  return [authorities, certificate?.certificateFile, certificate?.keyFile].filter((path) => path !== undefined);
}

/** The options of a secure context with which a client connects. */
export function clientOptions(
  { authorities, certificate }: ClientMaterial,
  minVersion: TlsVersion,
): SecureContextOptions {
  return { ...cipherPolicy(minVersion), ca: authorities, cert: certificate?.chain, key: certificate?.key };
}
