// Node's TLS server, which makes handshakes on connections that it is given, and the certificate that each of them gets.
import { createSecureContext, createServer, type SecureContext, type Server } from 'node:tls';
import { CertificateNames, serverOptions, type ServerMaterial, type ServerPolicy } from '@fairlead/tls';

/** What a client may speak within TLS (RFC 7301). HTTP/2 would be named before it, and branch off in `TlsAcceptor`. */
const PROTOCOLS = ['http/1.1'];
/** What may be written before the client has accepted what was written before it. Bytes. */
const HIGH_WATER_MARK = 65_536;

export class SecureServer {
  /** Emits `secureConnection` or `tlsClientError` for each connection. */
  readonly server: Server;
  private contexts = new CertificateNames<SecureContext>([]);

  /** @param refusesUnknownNames whether a handshake for a name that no certificate has is refused. */
  constructor(
    material: ServerMaterial,
    private readonly policy: ServerPolicy,
    private readonly refusesUnknownNames: boolean,
  ) {
    this.server = createServer({
      ...serverOptions(material, material.certificates[0], policy),
      ALPNProtocols: PROTOCOLS,
      highWaterMark: HIGH_WATER_MARK,
      SNICallback: (name, done) => this.choose(name, done),
    });
    this.contexts = this.contextsOf(material);
  }

  /** Handshakes that begin from now on are made with this. */
  replace(material: ServerMaterial): void {
    const contexts = this.contextsOf(material);
    this.server.setSecureContext(serverOptions(material, material.certificates[0], this.policy));
    this.contexts = contexts;
  }

  private choose(name: string, done: (error: Error | null, context?: SecureContext) => void): void {
    const context = this.contexts.find(name);
    if (context === undefined && this.refusesUnknownNames) done(new Error(`no certificate is for ${name}`));
    else done(null, context);
  }

  private contextsOf(material: ServerMaterial): CertificateNames<SecureContext> {
    return new CertificateNames(
      material.certificates.map((certificate) => [
        certificate.names,
        createSecureContext(serverOptions(material, certificate, this.policy)),
      ]),
    );
  }
}
