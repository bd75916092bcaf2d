// Which of several certificates serves a name that a client asks for (SNI, RFC 6066 §3).

/** Something for each of several names; the names can begin with `*.`, which stands for one label. */
export class CertificateNames<Value> {
  private readonly byName = new Map<string, Value>();

  /** Where a name belongs to several entries, the first one has it. */
  constructor(entries: readonly (readonly [names: readonly string[], value: Value])[]) {
    for (const [names, value] of entries) {
      for (const name of names) if (!this.byName.has(name)) this.byName.set(name, value);
    }
  }

  /** What belongs to a server name: the name itself goes before a wildcard. Undefined when nothing does. */
  find(serverName: string): Value | undefined {
    const name = serverName.toLowerCase();
    return this.byName.get(name) ?? this.byName.get(name.replace(/^[^.]+/, '*'));
  }
}
