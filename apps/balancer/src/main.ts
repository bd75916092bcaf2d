// Boots the balancer, and shuts it down in order: first the data plane, then the control plane.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { ConfigurationError } from '@fairlead/configuration';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { BalancerModule } from './balancer.module.js';
import { balancerConfig, type BalancerConfig } from './config/balancer.config.js';
import { setUpControlPlane } from './control-plane/control-plane.js';
import { ProxyServer } from './data-plane/proxy-server.js';
import { OwnAddresses } from './registry/own-addresses.js';
import { RegistryService } from './registry/registry.service.js';

try {
  await start(balancerConfig());
} catch (error) {
  const problem = error instanceof Error ? error : new Error(String(error));
  const text = problem instanceof ConfigurationError ? problem.message : `balancer could not start: ${problem.message}`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

async function start(config: BalancerConfig): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(BalancerModule, {
    abortOnError: false,
    bodyParser: false,
    bufferLogs: true,
    // Nobody who only holds a connection to the control plane holds up a shutdown.
    forceCloseConnections: true,
  });
  const logger = app.get(Logger);
  app.useLogger(logger);
  setUpControlPlane(app, { withDocs: config.SWAGGER });
  const proxy = app.get(ProxyServer);
  shutDownOnSignal(app, proxy, logger);

  await app.listen(config.CONTROL_PLANE_PORT, config.CONTROL_PLANE_HOST);
  const { port } = app.getHttpServer().address() as AddressInfo;
  logger.log({ host: config.CONTROL_PLANE_HOST, port }, 'control plane listening', 'ControlPlane');
  await proxy.listen();
  const ownAddresses = app.get(OwnAddresses);
  ownAddresses.addPort(port);
  ownAddresses.addPort(proxy.port);
}

function shutDownOnSignal(app: NestExpressApplication, proxy: ProxyServer, logger: Logger): void {
  let isShuttingDown = false;
  const shutDown = async (signal: NodeJS.Signals) => {
    // A second Ctrl-C does not cut short what the first one began.
    if (isShuttingDown) return;
    isShuttingDown = true;
    logger.log(`${signal}: shutting down`, 'Balancer');
    app.get(RegistryService).holdLeases();
    await proxy.close();
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (name) => void shutDown(name));
}
