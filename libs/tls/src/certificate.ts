// Reads certificates, keys and revocation lists from files, and checks them. Each reason against a file is one sentence.
import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';

/** The files of one certificate, in PEM. */
export interface CertificateFiles {
  /** The certificate, followed by its intermediate certificates. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The password of an encrypted key. */
  readonly password?: string | undefined;
}

/** A valid certificate and its key. Can be sent to other threads. */
export interface Certificate {
  /** The chain, in PEM. */
  readonly chain: string;
  /** The private key, decrypted, in PEM. */
  readonly key: string;
  /** The file of the chain. */
  readonly file: string;
  /** The DNS names of the certificate, in lower case; a name can begin with `*.` (RFC 6125 §6.4.3). */
  readonly names: readonly string[];
  /** When it expires, milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** Why a file cannot be used, in one sentence. */
export class CertificateError extends Error {}

/**
 * Reads a certificate and its key.
 *
 * @param inUse certificates that serve already. One of them may have expired since: it must not keep others from being replaced.
 * @throws {CertificateError} when a file cannot be read, is not valid PEM, the key does not belong to the certificate or is
 * encrypted without its password, the certificate has expired or is not valid yet, or OpenSSL does not accept one of them.
 */
export function readCertificate(files: CertificateFiles, inUse: readonly Certificate[] = []): Certificate {
  const { certificateFile, keyFile } = files;
  const chain = readPem(certificateFile);
  const certificate = parseCertificate(chain, certificateFile);
  const key = readKey(files);
  if (!certificate.checkPrivateKey(key)) {
    throw new CertificateError(`the key in ${keyFile} does not belong to the certificate in ${certificateFile}`);
  }
  const read = {
    chain,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    file: certificateFile,
    names: dnsNamesIn(certificate.subjectAltName ?? ''),
    expiresAtMs: certificate.validToDate.getTime(),
  };
  if (!inUse.some((each) => isDeepStrictEqual(each, read))) requireValidNow(certificate, certificateFile);
  requireLoadable(certificateFile, { cert: chain, key: read.key });
  return read;
}

function requireValidNow({ validFromDate, validToDate }: X509Certificate, file: string): void {
  const nowMs = Date.now();
  if (nowMs >= validToDate.getTime()) {
    throw new CertificateError(`the certificate in ${file} expired on ${validToDate.toISOString()}`);
  }
  if (nowMs < validFromDate.getTime()) {
    throw new CertificateError(`the certificate in ${file} is not valid before ${validFromDate.toISOString()}`);
  }
}

/** OpenSSL checks more than the rest of this file: keys that are too weak, and what follows the first certificate. */
function requireLoadable(file: string, options: SecureContextOptions): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new CertificateError(`OpenSSL does not accept ${file}: ${reasonOf(error)}`);
  }
}

/** When a certificate expires, for people. */
export function expiryOf({ file, expiresAtMs }: Certificate): string {
  return `${file} expires ${new Date(expiresAtMs).toISOString().slice(0, 10)}`;
}

/**
 * Reads the certificates of authorities.
 *
 * @returns its content in PEM.
 * @throws {CertificateError} when it cannot be read, or has no valid certificate.
 */
export function readAuthorities(file: string): string {
  const pem = readPem(file);
  parseCertificate(pem, file);
  requireLoadable(file, { ca: pem });
  return pem;
}

/**
 * Reads a certificate revocation list.
 *
 * @returns its content in PEM.
 * @throws {CertificateError} when it cannot be read, or is not a list in PEM.
 */
export function readRevocationList(file: string): string {
  const pem = readPem(file);
  if (!pem.includes('-----BEGIN X509 CRL-----')) {
    throw new CertificateError(`${file} has no revocation list in PEM ("-----BEGIN X509 CRL-----")`);
  }
  requireLoadable(file, { crl: pem });
  return pem;
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CertificateError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CertificateError(`${file} has no valid certificate in PEM ("-----BEGIN CERTIFICATE-----")`);
  }
}

function readKey({ keyFile, password }: CertificateFiles): KeyObject {
  const pem = readPem(keyFile);
  const isEncrypted = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);
  if (isEncrypted && password === undefined) {
    throw new CertificateError(`the key in ${keyFile} is encrypted, and no password for it is set`);
  }
  try {
    return createPrivateKey({ key: pem, passphrase: password });
  } catch {
    const problem = isEncrypted ? 'cannot be decrypted with the password that is set' : 'is not a valid key in PEM';
    throw new CertificateError(`the key in ${keyFile} ${problem}`);
  }
}

/** Node lists alternative names as `DNS:a, IP Address:192.0.2.1`, and quotes those with special characters. */
function dnsNamesIn(alternativeNames: string): string[] {
  return [...alternativeNames.matchAll(/(?:^|, )DNS:([^,"]+)/g)].map(([, name]) => name.toLowerCase());
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return message;
}
