// Boots the balancer, and shuts it down in order: first the data plane, then the control plane.
import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { BalancerModule } from '../balancer.module.js';
import type { BalancerConfig } from '../config/balancer.config.js';
import type { InheritedSockets } from './inherited-sockets.js';
import { configureControlPlane } from '../control-plane/http-app.js';
import { DataPlane } from '../data-plane/data-plane.js';
import { waitForInitialProbes } from '../health-checks/initial-probes.js';
import { SelfAddresses } from '../registry/self-addresses.js';
import { RegistryService } from '../registry/registry.service.js';

/** Resolves when clients are served. */
export async function start(config: BalancerConfig, inherited: InheritedSockets): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(BalancerModule, {
    abortOnError: false,
    bodyParser: false,
    bufferLogs: true,
    // Nobody who only holds a connection to the control plane holds up a shutdown.
    forceCloseConnections: true,
  });
  const logger = app.get(Logger);
  app.useLogger(logger);
  configureControlPlane(app, { withDocs: config.SWAGGER });
  const plane = app.get(DataPlane);
  shutDownOnSignal(app, plane, logger, inherited);

  await app.init();
  await waitForInitialProbes(app.get(RegistryService));
  const { address: host, port } = await listenControlPlane(app, config, inherited.control).catch(
    naming('CONTROL_PLANE_HOST, CONTROL_PLANE_PORT'),
  );
  logger.log({ host, port }, 'control plane listening', 'ControlPlane');
  await plane.listen(inherited.data).catch(naming('DATA_PLANE_HOST, DATA_PLANE_PORT'));
  const ownAddresses = app.get(SelfAddresses);
  ownAddresses.addPort(port);
  ownAddresses.addPort(plane.port);
  // Whoever started this process with a channel (scripts/supervise.ts; PM2 with wait_ready) may end the one it replaces.
  // Nothing is lost when there is nobody to hear it any more.
  process.send?.('ready', undefined, undefined, () => {});
}

/** For an address that cannot be listened on: says which variables tell it. */
function naming(variables: string): (error: Error) => never {
  return (error) => {
    throw new Error(`${error.message} (${variables})`, { cause: error });
  };
}

async function listenControlPlane(
  app: NestExpressApplication,
  { CONTROL_PLANE_HOST, CONTROL_PLANE_PORT }: BalancerConfig,
  fd: number | undefined,
): Promise<AddressInfo> {
  const server = app.getHttpServer();
  if (fd === undefined) await app.listen(CONTROL_PLANE_PORT, CONTROL_PLANE_HOST);
  else await once(server.listen({ fd }), 'listening');
  return server.address() as AddressInfo;
}

function shutDownOnSignal(
  app: NestExpressApplication,
  plane: DataPlane,
  logger: Logger,
  { control }: InheritedSockets,
): void {
  let isShuttingDown = false;
  const shutDown = async (signal: NodeJS.Signals) => {
    // A second Ctrl-C does not cut short what the first one began.
    if (isShuttingDown) return;
    isShuttingDown = true;
    logger.log(`${signal}: shutting down`, 'Balancer');
    app.get(RegistryService).holdLeases();
    // Whoever reaches the shared port from here on must find the replacement, which alone remembers what it is told.
    if (control !== undefined) app.getHttpServer().close();
    await plane.close();
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (name) => void shutDown(name));
}
