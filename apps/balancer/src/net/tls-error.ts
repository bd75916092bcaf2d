// Describes for people why a connection with TLS to a backend failed, and recognizes errors of the handshake.

const UNKNOWN_AUTHORITY = 'its certificate is not signed by a known authority';
const NOT_TLS = 'it does not speak TLS';
const NO_COMMON_VERSION = 'no version of TLS in common';
const REFUSED_CERTIFICATE = "it refused the balancer's certificate";

/** By code: those of OpenSSL's verification (`X509_V_ERR_…`), of Node, and of alerts (RFC 8446 §6). */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed, and not by a known authority',
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  INVALID_PURPOSE: 'its certificate is not for servers',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  // Of a request that waits to be written: Node says no more.
  EPROTO: 'the TLS handshake failed',
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: NO_COMMON_VERSION,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: NO_COMMON_VERSION,
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': 'it refused the handshake: no cipher in common, or it needs a certificate',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'it does not know the server name',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it requires a certificate of the balancer',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: REFUSED_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: REFUSED_CERTIFICATE,
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': REFUSED_CERTIFICATE,
  'ERR_SSL_SSL/TLS_ALERT_UNSUPPORTED_CERTIFICATE': REFUSED_CERTIFICATE,
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REVOKED': REFUSED_CERTIFICATE,
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED': REFUSED_CERTIFICATE,
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN': REFUSED_CERTIFICATE,
};

/** Describes the error that has this code; undefined for others than those of TLS. */
export function describeTlsCode(code: string): string | undefined {
  return DESCRIPTIONS[code];
}

/** The same for operators only: with the name that is missing in the certificate. Undefined for any other error. */
export function describeNameMismatch(error: NodeJS.ErrnoException & { readonly host?: unknown }): string | undefined {
  if (error.code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined;
  return `its certificate is not for ${String(error.host)}`;
}

/**
 * Whether a server refused what it was sent in the handshake. With TLS 1.3 a client may learn that only once it takes the
 * handshake for complete, and has sent a request, which the server has not read.
 */
export function isHandshakeRefusal(code: string): boolean {
  const description = DESCRIPTIONS[code];
  return code.startsWith('ERR_SSL_') && description !== undefined && description !== NOT_TLS;
}
