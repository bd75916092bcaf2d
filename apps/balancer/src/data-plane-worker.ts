// What a thread of the data plane runs: boots, then does what the main thread tells it.
import 'reflect-metadata';
import { parentPort } from 'node:worker_threads';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { DataPlaneWorkerModule } from './data-plane-worker.module.js';
import { LocalDataPlane } from './data-plane/local-data-plane.js';
import type { ListenAddress } from './data-plane/proxy-server.js';
import { FleetReplica } from './threads/fleet-replica.js';
import { MainThread, type Question, type ToThread } from './threads/messages.js';

/** What may still be on its way to the log when everything is closed. */
const LAST_WORDS_MS = 100;

const context = await NestFactory.createApplicationContext(DataPlaneWorkerModule, {
  abortOnError: false,
  bufferLogs: true,
});
context.useLogger(context.get(Logger));
const plane = context.get(LocalDataPlane);
const replica = context.get(FleetReplica);
const main = context.get(MainThread);

parentPort?.on('message', (message: ToThread) => {
  replica.hear(message);
  if (message.kind === 'listen') void listen(message.where);
  else if (message.kind === 'ask') void answer(message);
  else if (message.kind === 'close') void close(context);
});
main.post({ kind: 'booted' });

async function listen(where: ListenAddress): Promise<void> {
  try {
    main.post({ kind: 'listening', address: await plane.server.listen(where) });
  } catch (error) {
    main.post({ kind: 'refused', problem: (error as Error).message });
  }
}

async function answer({ id, what }: Question): Promise<void> {
  main.post({ kind: 'answer', id, answer: await plane[what]() });
}

async function close(app: INestApplicationContext): Promise<void> {
  await plane.close();
  await app.close();
  parentPort?.close();
  // The thread ends by itself; something that was left open must not hold up the shutdown.
  setTimeout(() => process.exit(0), LAST_WORDS_MS).unref();
}
