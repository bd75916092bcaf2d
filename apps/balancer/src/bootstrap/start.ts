// Starts the balancer, and shuts it down gracefully: first the data plane, then the control plane.
import 'reflect-metadata';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connectionsWithin } from '@fairlead/configuration';
import { LimitedExpressAdapter } from '@fairlead/http-server';
import { LoadTable } from '@fairlead/scheduling';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { AccessTokens } from '../access/access-tokens.js';
import { checkOpenness } from '../access/open-control-plane.js';
import { BalancerModule } from '../balancer.module.js';
import { misspeltVariables, type BalancerConfig } from '../config/balancer.config.js';
import { controlPlaneFilesOf } from '../config/control-plane-tls.js';
import { serverFilesOf } from '../config/tls-variables.js';
import type { InheritedSockets } from './inherited-sockets.js';
import { ConfigurationReloads } from '../control-plane/configuration/configuration-reloads.js';
import { Peers } from '../cluster/peers.js';
import { configureControlPlane } from '../control-plane/http-app.js';
import { DataPlane } from '../data-plane/data-plane.js';
import { backendAccess } from '../net/backend-access.js';
import { waitForInitialProbes } from '../health-checks/initial-probes.js';
import { RegistryService } from '../registry/registry.service.js';
import { readBackendCredentials } from '../tls/backend-certificate-files.js';
import { warnIfUnverified } from '../tls/backend-connector.js';
import { ControlPlaneCertificate, controlPlaneTlsOptions } from '../tls/control-plane-certificate.js';
import { readCredentials } from '../tls/file-credentials.js';
import { startWatchdog } from '../threads/watchdog.js';
import { TrafficFile } from '../traffic-config/traffic-file.js';
import { waitForRegistry } from './wait-for-registry.js';

/** Resolves when the balancer accepts clients. */
export async function start(config: BalancerConfig, inherited: InheritedSockets): Promise<void> {
  // An error of theirs is reported here without the stack that Nest adds.
  AccessTokens.check(config);
  readCredentials(serverFilesOf(config));
  readBackendCredentials(config);
  await requireToken(config, inherited);
  backendAccess.restrictTo(config.BACKEND_NETWORKS);
  for (const port of configuredPortsOf(config)) backendAccess.addOwnPort(port);
  new TrafficFile(backendAccess, config).require();
  await waitForRegistry(config);
  const material = readCredentials(controlPlaneFilesOf(config));
  const adapter = new LimitedExpressAdapter(
    connectionsWithin(config.CONTROL_PLANE_MAX_CONNECTIONS),
    material && controlPlaneTlsOptions(material, config),
  );
  const app = await NestFactory.create<NestExpressApplication>(BalancerModule, adapter, {
    abortOnError: false,
    bodyParser: false,
    bufferLogs: true,
  });
  const logger = app.get(Logger);
  app.useLogger(logger);
  for (const warning of misspeltVariables()) logger.warn(warning, 'Configuration');
  warnIfUnverified(config);
  configureControlPlane(app, config);
  app.get(ControlPlaneCertificate).onChange((changed) => adapter.replaceTls(controlPlaneTlsOptions(changed, config)));
  const plane = app.get(DataPlane);
  shutDownOnSignal(app, plane, logger, inherited);
  process.on('SIGHUP', () => void app.get(ConfigurationReloads).reloadOnSignal());

  await app.init();
  await waitForInitialProbes(app.get(RegistryService));
  const { address: host, port } = await listenControlPlane(app, config, inherited.control).catch(
    withVariables('CONTROL_PLANE_HOST, CONTROL_PLANE_PORT'),
  );
  // No connection has been accepted yet: that takes another turn of the event loop.
  const source = inherited.control === undefined ? 'CONTROL_PLANE_HOST' : 'the inherited control socket';
  const warning = checkOpenness({ address: host, source }, config);
  if (warning) logger.warn(warning, 'ControlPlane');
  logger.log({ host, port, tls: material !== undefined }, 'control plane listening', 'ControlPlane');
  backendAccess.addOwnPort(port);
  await plane
    .listen({ plain: inherited.data, tls: inherited.tls })
    .catch(
      withVariables(
        `DATA_PLANE_HOST, DATA_PLANE_PORT${config.DATA_PLANE_TLS_PORT === undefined ? '' : ', DATA_PLANE_TLS_PORT'}`,
      ),
    );
  if (config.DATA_PLANE_THREADS === 0) startWatchdog(app.get(LoadTable), config.THREAD_STALL_SECONDS);
  for (const own of [plane.ports.plain, plane.ports.tls]) if (own !== undefined) backendAccess.addOwnPort(own);
  // A parent with an IPC channel (scripts/supervise.ts; PM2 with wait_ready) may now end the process that this one
  // replaces. An error is ignored: the parent may have exited.
  process.send?.('ready', undefined, undefined, () => {});
}

/** Fails early, before the registry is opened; what is bound in the end is checked again. */
async function requireToken(config: BalancerConfig, { control }: InheritedSockets): Promise<void> {
  if (control !== undefined) return;
  const host = config.CONTROL_PLANE_HOST;
  // Listening reports a name that cannot be resolved.
  const { address } = await lookup(host).catch(() => ({ address: '127.0.0.1' }));
  checkOpenness({ address, source: `CONTROL_PLANE_HOST=${host}` }, config);
}

/** The ports that are known before the process listens: no backend of the configuration file may be there. */
function configuredPortsOf({ DATA_PLANE_PORT, DATA_PLANE_TLS_PORT = 0, CONTROL_PLANE_PORT }: BalancerConfig): number[] {
  return [DATA_PLANE_PORT, DATA_PLANE_TLS_PORT, CONTROL_PLANE_PORT].filter((port) => port !== 0);
}

/** Adds to an error of listening the variables that configure the address. */
function withVariables(variables: string): (error: Error) => never {
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
    // A second signal does not cut the shutdown short.
    if (isShuttingDown) return;
    isShuttingDown = true;
    logger.log(`${signal}: shutting down`, 'Balancer');
    app.get(RegistryService).selfPreservation.holdLeases();
    app.get(Peers).beginEnd();
    // From here on, requests to the shared control port must reach the replacement, whose registry persists.
    if (control !== undefined) app.getHttpServer().close();
    await plane.close();
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (name) => void shutDown(name));
}
