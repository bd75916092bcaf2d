// Starts the backend: settings first, then Nest, then the port. On SIGTERM or SIGINT it deregisters and exits with 0.
import { startOrExit } from '@fairlead/configuration';
import { ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger, PinoLogger } from 'nestjs-pino';
import type { AddressInfo } from 'node:net';
import { BackendModule } from './backend.module.js';
import { backendConfig, type BackendConfig } from './config/backend.config.js';
import { httpsOptionsOf } from './config/https.js';

/** Longer than a proxy keeps idle connections, so that the proxy closes them first and never writes to a closed one. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** Resolves when it listens; ends the process with one message when it cannot start. */
export function launch(): Promise<void> {
  return startOrExit('backend', process.env, () => start(backendConfig()));
}

async function start({ port, host, id, capacity, tls }: BackendConfig): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(BackendModule, {
    abortOnError: false,
    ...(tls && { httpsOptions: httpsOptionsOf(tls) }),
    // Jobs consume their own bodies, as streams.
    bodyParser: false,
    // Nest's start-up lines on modules and routes are of no use to an operator. Errors are thrown, and logged without a stack.
    logger: ['fatal'],
  });
  await app.init();
  app.useLogger(app.get(Logger));
  app.disable('x-powered-by');
  app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });

  const server = app.getHttpServer();
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  await app.listen(port, host);
  const logger = await app.resolve(PinoLogger);
  const { pid } = process;
  logger.info({ port: (server.address() as AddressInfo).port, id: id ?? null, pid, ...capacity }, 'backend listening');
}
