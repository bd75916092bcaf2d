// The certificates of connections to backends, from files: they are read again when they change, which is an event.
import { readClientMaterial, WatchedClientMaterial, type ClientMaterial } from '@fairlead/tls';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { backendClientFilesOf, type BackendTlsConfig } from '../config/backend-tls.js';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { EventLog } from '../registry/event-log.js';
import { BackendCredentials } from './backend-credentials.js';
import { readAtStart } from './file-credentials.js';

/** Begins the reasons of events. */
const PLACE = 'connections to backends: ';

@Injectable()
export class BackendCertificateFiles extends BackendCredentials implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watched: WatchedClientMaterial;

  /** @throws {ConfigurationError} when a file cannot be used. */
  constructor(events: EventLog, @Inject(balancerConfig.KEY) config: BalancerConfig) {
    super(readBackendCredentials(config));
    this.watched = new WatchedClientMaterial(backendClientFilesOf(config), this.material, {
      onReplace: (material, changes) => {
        this.replace(material);
        events.recordFleetEvent('certificate-changed', PLACE + changes);
      },
      onRejection: (reason) => events.recordFleetEvent('certificate-rejected', PLACE + reason),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.watched.start();
  }

  onModuleDestroy(): void {
    this.watched.stop();
  }
}

/** Reads all files once. @throws {ConfigurationError} when one cannot be used. */
export function readBackendCredentials(config: BackendTlsConfig): ClientMaterial {
  return readAtStart(() => readClientMaterial(backendClientFilesOf(config)));
}
