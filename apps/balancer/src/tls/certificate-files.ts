// Keeps what the port with TLS serves with up to date: reads its files again when they change, and replaces the key of its
// session tickets. A file that cannot be used changes nothing (docs/decisions/0029).
import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '@fairlead/configuration';
import {
  CertificateError,
  generateTicketKey,
  pathsOf,
  readServerMaterial,
  type ServerFiles,
  type ServerMaterial,
} from '@fairlead/tls';
import { WatchedFiles } from '@fairlead/watched-files';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { serverFilesOf, type TlsConfig } from '../config/tls-variables.js';
import { EventLog } from '../registry/event-log.js';
import { ReplaceableCredentials } from './server-credentials.js';

@Injectable()
export class CertificateFiles extends ReplaceableCredentials implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly files: ServerFiles | undefined;
  private readonly watched: WatchedFiles | undefined;
  private readonly ticketKeyMs: number;
  private replacing: NodeJS.Timeout | undefined;

  /** @throws {ConfigurationError} when a file cannot be used. */
  constructor(
    private readonly events: EventLog,
    @Inject(balancerConfig.KEY) config: BalancerConfig,
  ) {
    super(CertificateFiles.read(config));
    this.files = serverFilesOf(config);
    this.ticketKeyMs = config.TLS_SESSION_SECONDS * 1000;
    if (this.files) this.watched = new WatchedFiles(pathsOf(this.files), () => this.reload());
  }

  /** Reads all files once. @throws {ConfigurationError} when one cannot be used. */
  static read(config: TlsConfig): ServerMaterial | undefined {
    const files = serverFilesOf(config);
    try {
      return files && readServerMaterial(files, generateTicketKey());
    } catch (error) {
      if (error instanceof CertificateError) throw new ConfigurationError([error.message]);
      throw error;
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.watched) return;
    await this.watched.start();
    this.replacing = setInterval(() => this.replaceTicketKey(), this.ticketKeyMs).unref();
  }

  onModuleDestroy(): void {
    this.watched?.stop();
    clearInterval(this.replacing);
  }

  private reload(): void {
    const { files, material } = this;
    if (!files || !material) return;
    let next: ServerMaterial;
    try {
      next = readServerMaterial(files, material.ticketKey);
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      this.events.recordFleetEvent('certificate-rejected', `${error.message}; the one before remains in use`);
      return;
    }
    if (isDeepStrictEqual(next, material)) return;
    this.replace(isTrustEqual(next, material) ? next : { ...next, ticketKey: generateTicketKey() });
    const expiries = next.certificates.map(({ file, expiresAtMs }) => `${file} expires ${dateOf(expiresAtMs)}`);
    this.events.recordFleetEvent('certificate-changed', expiries.join(', '));
  }

  private replaceTicketKey(): void {
    if (this.material) this.replace({ ...this.material, ticketKey: generateTicketKey() });
  }
}

/** Whether both trust the same clients. Otherwise no session of before may be resumed, since its client is not verified again. */
function isTrustEqual(one: ServerMaterial, other: ServerMaterial): boolean {
  return one.clientAuthorities === other.clientAuthorities && one.revocationList === other.revocationList;
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
