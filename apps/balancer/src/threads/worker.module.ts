// The Nest module of a data-plane thread: the lanes and the scheduler, with a replica of the fleet, the thread's own rows
// of the load table and the client table, and the warnings and facts of the cluster that all threads share.
import { LoadTable } from '@fairlead/scheduling';
import { Module, type DynamicModule } from '@nestjs/common';
import { dataPlaneProviders, foundations } from '../data-plane/data-plane.providers.js';
import { ClientTable } from '../data-plane/limits/client-table.js';
import { AddressWarnings } from '../data-plane/request/address-warnings.js';
import { RequestTable } from '../metrics/request-table.js';
import { ClusterFacts } from '../registry/snapshot/cluster-facts.js';
import { Fleet } from '../registry/snapshot/fleet.js';
import { BackendCredentials } from '../tls/backend-credentials.js';
import { ServerCredentials } from '../tls/server-credentials.js';
import { INITIAL_TRAFFIC } from '../traffic-config/current-traffic.js';
import { FleetReplica } from './fleet-replica.js';
import { MainThread, type ThreadData } from './messages.js';
import { LATENT_LINK } from '../placement/latent/latent-link.js';
import { ParentThread } from './parent-thread.js';
import { ThreadLatentLink } from './thread-latent-link.js';

const mainThread = { provide: MainThread, useExisting: ParentThread };
const fleet = { provide: Fleet, useExisting: FleetReplica };

@Module({
  imports: [...foundations],
  providers: [ParentThread, mainThread, FleetReplica, fleet, ...dataPlaneProviders],
})
export class DataPlaneWorkerModule {
  /** The module for the thread of `data`. */
  static as(data: ThreadData): DynamicModule {
    const { shape, buffer, requests, clients, warnings, cluster, thread } = data;
    const loadTable = { provide: LoadTable, useValue: new LoadTable(shape, buffer, thread) };
    const requestTable = { provide: RequestTable, useValue: new RequestTable(shape.writerCount, requests, thread) };
    const clientTable = { provide: ClientTable, useValue: new ClientTable(shape.writerCount, clients, thread) };
    const addressWarnings = { provide: AddressWarnings, useValue: new AddressWarnings(warnings) };
    const clusterFacts = { provide: ClusterFacts, useValue: new ClusterFacts(cluster) };
    const traffic = { provide: INITIAL_TRAFFIC, useValue: data.traffic };
    const credentials = [
      { provide: ServerCredentials, useValue: new ServerCredentials(data.credentials) },
      { provide: BackendCredentials, useValue: new BackendCredentials(data.backendCredentials) },
    ];
    const link = {
      provide: LATENT_LINK,
      inject: [MainThread],
      useFactory: (main: MainThread) => data.learning && new ThreadLatentLink(main, data.learning),
    };
    const tables = [loadTable, requestTable, clientTable, addressWarnings];
    const shared = [...tables, link, clusterFacts, traffic, ...credentials];
    return { module: DataPlaneWorkerModule, providers: shared };
  }
}
