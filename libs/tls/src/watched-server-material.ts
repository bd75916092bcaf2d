// Keeps the material of a TLS server up to date: its files are read again when they change, and its ticket key is replaced
// regularly. If a file cannot be used, nothing changes (docs/decisions/0029).
import { WatchedFiles } from '@fairlead/watched-files';
import { expiryOf } from './certificate.js';
import { readAgain } from './reload.js';
import {
  generateTicketKey,
  pathsOf,
  readServerMaterial,
  type ServerFiles,
  type ServerMaterial,
} from './server-material.js';

/** The callbacks of {@link WatchedServerMaterial}. */
export interface ServerMaterialWatcher {
  /** There is new material to use: the files have changed, or the ticket key was replaced. */
  readonly onReplace: (material: ServerMaterial) => void;
  /** Changed files were loaded. `expiries` says when the certificates expire, such as `site.pem expires 2026-12-24`. */
  readonly onChange: (expiries: string) => void;
  /** A changed file cannot be used. `reason` is one sentence without a full stop. */
  readonly onRejection: (reason: string) => void;
}

/** The material of a TLS server, from files that are watched. */
export class WatchedServerMaterial {
  private readonly watched: WatchedFiles;
  private replacing: NodeJS.Timeout | undefined;
  private current: ServerMaterial;

  /**
   * Reads the files.
   *
   * @param ticketKeySeconds how long a ticket key is used.
   * @throws {CertificateError} for the first file that cannot be used.
   */
  constructor(
    private readonly files: ServerFiles,
    private readonly ticketKeySeconds: number,
    private readonly watcher: ServerMaterialWatcher,
  ) {
    this.current = readServerMaterial(files, generateTicketKey());
    this.watched = new WatchedFiles(pathsOf(files), () => this.reload());
  }

  /** The material in use. */
  get material(): ServerMaterial {
    return this.current;
  }

  /** Starts to watch the files. */
  async start(): Promise<void> {
    await this.watched.start();
    const replace = () => this.replace({ ...this.current, ticketKey: generateTicketKey() });
    this.replacing = setInterval(replace, this.ticketKeySeconds * 1000).unref();
  }

  /** No callback is called after this. */
  stop(): void {
    this.watched.stop();
    clearInterval(this.replacing);
  }

  private reload(): void {
    const { files, current, watcher } = this;
    const { ticketKey, certificates } = current;
    const read = () => readServerMaterial(files, ticketKey, certificates);
    const next = readAgain(read, current, watcher.onRejection);
    if (!next) return;
    this.replace(isTrustEqual(next, current) ? next : { ...next, ticketKey: generateTicketKey() });
    watcher.onChange(next.certificates.map(expiryOf).join(', '));
  }

  private replace(material: ServerMaterial): void {
    this.current = material;
    this.watcher.onReplace(material);
  }
}

/** Whether both trust the same clients. If not, no earlier session may be resumed, since its client is not verified again. */
function isTrustEqual(one: ServerMaterial, other: ServerMaterial): boolean {
  return one.clientAuthorities === other.clientAuthorities && one.revocationList === other.revocationList;
}
