// What a port with TLS serves with, from files: they are read again when they change, which is an event.
import { ConfigurationError } from '@fairlead/configuration';
import {
  CertificateError,
  generateTicketKey,
  readServerMaterial,
  WatchedServerMaterial,
  type ServerFiles,
  type ServerMaterial,
} from '@fairlead/tls';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { EventLog } from '../registry/event-log.js';
import { ServerCredentials } from './server-credentials.js';

/** How the credentials of one port differ from those of another. */
export interface FileCredentialsOptions {
  /** Undefined where the port has no TLS. */
  readonly files: ServerFiles | undefined;
  /** How long a session can be resumed, and how long a ticket key is used. */
  readonly sessionSeconds: number;
  /** Begins the reasons of events, such as `control plane: `. */
  readonly place?: string;
}

export abstract class FileCredentials extends ServerCredentials implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watched: WatchedServerMaterial | undefined;

  /** @throws {CertificateError} when a file cannot be used. */
  constructor(events: EventLog, { files, sessionSeconds, place = '' }: FileCredentialsOptions) {
    super(undefined);
    if (!files) return;
    this.watched = new WatchedServerMaterial(files, sessionSeconds, {
      onReplace: (material) => this.replace(material),
      onChange: (expiries) => events.recordFleetEvent('certificate-changed', `${place}${expiries}`),
      onRejection: (reason) => events.recordFleetEvent('certificate-rejected', `${place}${reason}`),
    });
    this.replace(this.watched.material);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.watched?.start();
  }

  onModuleDestroy(): void {
    this.watched?.stop();
  }
}

/**
 * Reads all files of a port once; undefined where it has no TLS.
 *
 * @throws {ConfigurationError} when one cannot be used.
 */
export function readCredentials(files: ServerFiles | undefined): ServerMaterial | undefined {
  return files && readAtStart(() => readServerMaterial(files, generateTicketKey()));
}

/** Reads files at the start. @throws {ConfigurationError} when one cannot be used. */
export function readAtStart<Material>(read: () => Material): Material {
  try {
    return read();
  } catch (error) {
    if (error instanceof CertificateError) throw new ConfigurationError([error.message]);
    throw error;
  }
}
