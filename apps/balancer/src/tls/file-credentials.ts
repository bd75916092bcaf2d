// The credentials of a TLS port, from files. They are read again when they change, which is recorded as an event.
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
  /** Undefined if the port has no TLS. */
  readonly files: ServerFiles | undefined;
  /** How long a session can be resumed at most, and how long a ticket key is used. */
  readonly sessionSeconds: number;
  /** The reason of each event begins with it. */
  readonly reasonPrefix?: string;
}

/** Credentials that are loaded from files, and replaced when these change. */
export abstract class FileCredentials extends ServerCredentials implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watched: WatchedServerMaterial | undefined;

  /** @throws {CertificateError} when a file cannot be used. */
  constructor(events: EventLog, { files, sessionSeconds, reasonPrefix = '' }: FileCredentialsOptions) {
    super(undefined);
    if (!files) return;
    this.watched = new WatchedServerMaterial(files, sessionSeconds, {
      onReplace: (material) => this.replace(material),
      onChange: (expiries) => events.recordFleetEvent('certificate-changed', `${reasonPrefix}${expiries}`),
      onRejection: (reason) => events.recordFleetEvent('certificate-rejected', `${reasonPrefix}${reason}`),
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
 * Reads all files of a port once. Returns undefined if the port has no TLS.
 *
 * @throws {ConfigurationError} when a file cannot be used.
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
