// Finds the certificate for the name that a client asks for (SNI, RFC 6066 §3).

/** Values by name, such as certificates. A name can begin with `*.`, which stands for exactly one label. */
export class CertificateNames<Value> {
  private readonly byName = new Map<string, Value>();

  /** If several entries have the same name, the first one gets it. */
  constructor(entries: readonly (readonly [names: readonly string[], value: Value])[]) {
    for (const [names, value] of entries) {
      for (const name of names) if (!this.byName.has(name)) this.byName.set(name, value);
    }
  }

  /** The value for a server name; an exact name takes precedence over a wildcard. Undefined when there is none. */
  find(serverName: string): Value | undefined {
    const name = serverName.toLowerCase();
    return this.byName.get(name) ?? this.byName.get(name.replace(/^[^.]+/, '*'));
  }
}
