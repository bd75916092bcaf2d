/**
 * TLS for servers and clients: certificates from files, cipher policy, and `fetch` with your own authorities.
 *
 * @module @fairlead/tls
 */
export { fetchTrusting, isUnknownAuthority, type AuthorityOptions, type Fetch } from './authority-fetch.js';
export { CertificateError, type Certificate, type CertificateFiles } from './certificate.js';
export { CertificateNames } from './certificate-names.js';
export { TLS_VERSIONS, type TlsVersion } from './cipher-policy.js';
export { clientOptions, readClientMaterial, type ClientFiles, type ClientMaterial } from './client-material.js';
export { TLS_HANDSHAKE_RECORD } from './record.js';
export { acceptedSocketOf, closeFailed, USE_HTTPS } from './plain-http.js';
export { subjectOf } from './subject.js';
export {
  CLIENT_CERTIFICATES,
  DEFAULT_POLICY,
  generateTicketKey,
  readServerMaterial,
  serverOptions,
  type ClientCertificates,
  type ServerFiles,
  type ServerMaterial,
  type ServerPolicy,
} from './server-material.js';
export { WatchedClientMaterial, type ClientMaterialWatcher } from './watched-client-material.js';
export { WatchedServerMaterial, type ServerMaterialWatcher } from './watched-server-material.js';
