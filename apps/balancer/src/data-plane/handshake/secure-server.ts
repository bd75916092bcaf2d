// Node's TLS server, which makes handshakes on connections that another server accepted, and chooses their certificates.
import { createSecureContext, createServer, type SecureContext, type Server } from 'node:tls';
import { CertificateNames, serverOptions, type ServerMaterial, type ServerPolicy } from '@fairlead/tls';

/** The protocols for ALPN (RFC 7301). `h2` would come first, and branch off in `TlsAcceptor`. */
const PROTOCOLS = ['http/1.1'];
/** How much may wait to be sent before a writer should pause. Bytes. */
const HIGH_WATER_MARK = 65_536;

/** A TLS server that does not listen. */
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
      // Node asks in the middle of each handshake, which takes time.
      ...(this.chooses(material) ? { SNICallback: this.choose } : {}),
    });
    this.contexts = this.contextsOf(material);
  }

  /** Uses this material for handshakes that begin from now on. */
  replace(material: ServerMaterial): void {
    const contexts = this.contextsOf(material);
    this.server.setSecureContext(serverOptions(material, material.certificates[0], this.policy));
    this.contexts = contexts;
  }

  /** Whether the certificate depends on the name. A server has as many of them for its whole life. */
  private chooses({ certificates }: ServerMaterial): boolean {
    return certificates.length > 1 || this.refusesUnknownNames;
  }

  private readonly choose = (name: string, done: (error: Error | null, context?: SecureContext) => void): void => {
    const context = this.contexts.find(name);
    if (context === undefined && this.refusesUnknownNames) done(new Error(`no certificate for ${name}`));
    else done(null, context);
  };

  private contextsOf(material: ServerMaterial): CertificateNames<SecureContext> {
    return new CertificateNames(
      material.certificates.map((certificate) => [
        certificate.names,
        createSecureContext(serverOptions(material, certificate, this.policy)),
      ]),
    );
  }
}
