// What the port with TLS serves with, wherever a thread has it from.
import type { ServerMaterial } from '@fairlead/tls';

/** The interface, and its injection token. */
export abstract class ServerCredentials {
  /** Undefined where there is no port with TLS. */
  abstract readonly material: ServerMaterial | undefined;

  /** Calls back each time the material has been replaced. */
  abstract onChange(listener: (material: ServerMaterial) => void): void;
}

/** Material that is replaced now and then. */
export class ReplaceableCredentials extends ServerCredentials {
  private readonly listeners: ((material: ServerMaterial) => void)[] = [];

  constructor(private current: ServerMaterial | undefined) {
    super();
  }

  get material(): ServerMaterial | undefined {
    return this.current;
  }

  onChange(listener: (material: ServerMaterial) => void): void {
    this.listeners.push(listener);
  }

  /** From here on this is served with. */
  replace(material: ServerMaterial): void {
    this.current = material;
    for (const listener of this.listeners) listener(material);
  }
}
