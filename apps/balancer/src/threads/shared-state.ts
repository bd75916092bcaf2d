// What the threads of the data plane share: tables, facts of the cluster, credentials, and the configuration of traffic. The load table and the
// client table have a row for each thread, which only that thread writes.
import { LoadTable } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import { monotonicMs, sharedSecondsFromMs } from '../clock/monotonic.js';
import { ClientTable } from '../data-plane/limits/client-table.js';
import { AddressWarnings } from '../data-plane/request/address-warnings.js';
import { LATENT_MODEL, type LatentModel } from '../placement/latent/latent-model.js';
import { RequestTable } from '../metrics/request-table.js';
import { ClusterFacts } from '../registry/snapshot/cluster-facts.js';
import { BackendCredentials } from '../tls/backend-credentials.js';
import { ServerCredentials } from '../tls/server-credentials.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import type { ThreadData } from './messages.js';

/** What the threads share, in the main thread. */
@Injectable()
export class SharedState {
  constructor(
    readonly loads: LoadTable,
    private readonly requests: RequestTable,
    private readonly clients: ClientTable,
    private readonly warnings: AddressWarnings,
    private readonly cluster: ClusterFacts,
    readonly credentials: ServerCredentials,
    readonly backendCredentials: BackendCredentials,
    readonly traffic: CurrentTraffic,
    /** Undefined with DECLARED_CAPACITY=trusted. */
    @Inject(LATENT_MODEL) readonly model: LatentModel | undefined,
  ) {}

  /** What a thread needs to use it, in a form that can be sent to it. */
  dataOf(thread: number): ThreadData {
    const { shape, buffer } = this.loads;
    return {
      thread,
      shape,
      buffer,
      requests: this.requests.buffer,
      clients: this.clients.buffer,
      warnings: this.warnings.buffer,
      cluster: this.cluster.buffer,
      credentials: this.credentials.material,
      backendCredentials: this.backendCredentials.material,
      traffic: this.traffic.config,
      learning: this.model && { log: this.model.logs[thread].buffer, beliefs: this.model.beliefs },
    };
  }

  /** Clears what a thread held that has ended. */
  abandon(thread: number): void {
    this.loads.rows[thread].abandon(sharedSecondsFromMs(monotonicMs()));
    this.clients.rows[thread].abandon();
    this.model?.abandon(thread);
  }
}
