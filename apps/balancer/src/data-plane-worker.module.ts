// A thread of the data plane: both lanes and the scheduler, over a replica of the fleet and its own row of the load table.
import { workerData, parentPort } from 'node:worker_threads';
import { LoadTable } from '@fairlead/scheduling';
import { Module } from '@nestjs/common';
import { dataPlaneProviders, foundations } from './data-plane.providers.js';
import { Fleet } from './registry/fleet.js';
import { FleetReplica } from './threads/fleet-replica.js';
import { MainThread, type FromThread, type ThreadData } from './threads/messages.js';

const loadTable = {
  provide: LoadTable,
  useFactory: () => {
    const { shape, buffer, thread } = workerData as ThreadData;
    return new LoadTable(shape, buffer, thread);
  },
};
const mainThread = {
  provide: MainThread,
  useValue: { post: (message: FromThread) => parentPort?.postMessage(message, []) } satisfies MainThread,
};
const fleet = { provide: Fleet, useExisting: FleetReplica };

@Module({ imports: [...foundations], providers: [mainThread, loadTable, FleetReplica, fleet, ...dataPlaneProviders] })
export class DataPlaneWorkerModule {}
