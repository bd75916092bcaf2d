// A thread of the data plane: boots when it is told which one it is, then does what the main thread tells it.
import 'reflect-metadata';
import { once } from 'node:events';
import { parentPort, type MessagePort } from 'node:worker_threads';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { DataPlaneWorkerModule } from './worker.module.js';
import { LocalDataPlane } from '../data-plane/local-data-plane.js';
import type { ListenAddress } from '../data-plane/listener.js';
import { FleetReplica } from './fleet-replica.js';
import { MainThread, type Query, type ToThread } from './messages.js';

/** What may still be on its way to the log when everything is closed. */
const LAST_WORDS_MS = 100;

const port = parentPort;
if (!port) throw new Error('this is what a thread of the balancer runs; start main.js');
const [first] = (await once(port, 'message')) as [ToThread];
if (first.kind !== 'init') throw new Error(`a thread was told to ${first.kind} before it was told to begin`);
const context = await NestFactory.createApplicationContext(DataPlaneWorkerModule.as(first.data), {
  abortOnError: false,
  bufferLogs: true,
});
context.useLogger(context.get(Logger));
const plane = context.get(LocalDataPlane);
const replica = context.get(FleetReplica);
const main = context.get(MainThread);

port.on('message', (message: ToThread) => {
  replica.handleMessage(message);
  if (message.kind === 'listen') void listen(message.where);
  else if (message.kind === 'query') void answer(message);
  else if (message.kind === 'close') void close(context, port);
});
main.post({ kind: 'ready' });

async function listen(where: ListenAddress): Promise<void> {
  try {
    main.post({ kind: 'listening', address: await plane.server.listen(where) });
  } catch (error) {
    main.post({ kind: 'refused', problem: (error as Error).message });
  }
}

async function answer({ id, what }: Query): Promise<void> {
  main.post({ kind: 'reply', id, answer: await plane[what]() });
}

async function close(app: INestApplicationContext, toMain: MessagePort): Promise<void> {
  await plane.close();
  await app.close();
  toMain.close();
  // The thread ends by itself; something that was left open must not hold up the shutdown.
  setTimeout(() => process.exit(0), LAST_WORDS_MS).unref();
}
