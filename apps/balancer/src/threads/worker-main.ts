// A worker thread of the data plane: boots with its first message, then handles what the main thread sends.
import 'reflect-metadata';
import { once } from 'node:events';
import { parentPort, type MessagePort } from 'node:worker_threads';
import type { INestApplicationContext } from '@nestjs/common';
import { LoadTable } from '@fairlead/scheduling';
import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { DataPlaneWorkerModule } from './worker.module.js';
import { LocalDataPlane } from '../data-plane/local-data-plane.js';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { backendAccess } from '../net/backend-access.js';
import { FleetReplica } from './fleet-replica.js';
import type { Query, Replies, ToThread } from './messages.js';
import { BackendCredentials } from '../tls/backend-credentials.js';
import { ServerCredentials } from '../tls/server-credentials.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { LATENT_LINK } from '../placement/latent/latent-link.js';
import { ParentThread } from './parent-thread.js';
import type { ThreadLatentLink } from './thread-latent-link.js';
import { startHeartbeat } from './thread-watch.js';

/** Time for the log to be written after everything is closed. */
const LOG_FLUSH_MS = 100;

const port = parentPort;
if (!port) throw new Error('this file runs in a worker thread of the balancer: start main.js');
const [firstMessage] = (await once(port, 'message')) as [ToThread];
if (firstMessage.kind !== 'init')
  throw new Error(`the first message to a worker thread must be init, got ${firstMessage.kind}`);
const context = await NestFactory.createApplicationContext(DataPlaneWorkerModule.as(firstMessage.data), {
  abortOnError: false,
  bufferLogs: true,
});
context.useLogger(context.get(Logger));
backendAccess.restrictTo(context.get<BalancerConfig>(balancerConfig.KEY).BACKEND_NETWORKS);
const plane = context.get(LocalDataPlane);
const replica = context.get(FleetReplica);
const credentials = context.get(ServerCredentials);
const backendCredentials = context.get(BackendCredentials);
const traffic = context.get(CurrentTraffic);
const main = context.get(ParentThread);
const link = context.get<ThreadLatentLink | undefined>(LATENT_LINK);

main.listen((message) => {
  switch (message.kind) {
    case 'traffic':
      traffic.replace(message.traffic);
      break;
    case 'fleet':
    case 'slot-freed':
    case 'disconnect':
      replica.handleMessage(message);
      break;
    case 'listen':
      void listen(message);
      break;
    case 'beliefs':
      link?.replace(message.beliefs);
      break;
    case 'credentials':
      credentials.replace(message.material);
      break;
    case 'backend-credentials':
      backendCredentials.replace(message.material);
      break;
    case 'query':
      void reply(message);
      break;
    case 'close':
      void close(context, port);
      break;
    case 'init':
      throw new Error('a worker thread received a second init message');
    default: {
      const exhaustive: never = message;
      throw new Error(`a worker thread received an unknown message: ${JSON.stringify(exhaustive)}`);
    }
  }
});
startHeartbeat(context.get(LoadTable).own.liveness);
main.post({ kind: 'ready' });

async function listen({ where, ownPorts }: Extract<ToThread, { kind: 'listen' }>): Promise<void> {
  try {
    const addresses = await plane.server.listen(where);
    const { plain, tls } = addresses;
    for (const own of [...ownPorts, plain.port, tls?.port]) if (own !== undefined) backendAccess.addOwnPort(own);
    main.post({ kind: 'listening', addresses });
  } catch (error) {
    main.post({ kind: 'listen-failed', reason: (error as Error).message });
  }
}

async function reply({ id, what }: Query): Promise<void> {
  main.post({ kind: 'reply', id, result: await resultOf(what) });
}

function resultOf(what: Query['what']): Promise<Replies[keyof Replies]> {
  switch (what) {
    case 'requests':
      return plane.requests();
    case 'queued':
      return plane.queued();
    case 'beliefs':
      return plane.beliefs();
    default: {
      const exhaustive: never = what;
      throw new Error(`a worker thread received an unknown query: ${JSON.stringify(exhaustive)}`);
    }
  }
}

async function close(app: INestApplicationContext, parent: MessagePort): Promise<void> {
  await plane.close();
  await app.close();
  parent.close();
  // The thread ends by itself when nothing is open. What was left open must not delay the shutdown.
  setTimeout(() => process.exit(0), LOG_FLUSH_MS).unref();
}
