// Starts the dashboard: settings first, then Nest, then the port. On SIGTERM or SIGINT it exits with 0.
import { connectionsWithin, startOrExit } from '@fairlead/configuration';
import {
  LimitedExpressAdapter,
  isTopLevelNavigation,
  refuseForeignPages,
  requireKnownHost,
  securityHeaders,
} from '@fairlead/http-server';
import { ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger, PinoLogger } from 'nestjs-pino';
import type { AddressInfo } from 'node:net';
import { dashboardConfig, type DashboardConfig } from './config/dashboard.config.js';
import { fetchOf, tokensOf } from './balancer/metrics.client.js';
import { DashboardCertificate } from './tls/dashboard-certificate.js';
import { DashboardModule } from './dashboard.module.js';
import { assetFolder, uplotFolder } from './pages/public-files.js';

/** Scripts and styles come from this origin only, never inline, so that a backend's id cannot become code. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Resolves when it listens; ends the process with one message when it cannot start. */
export function launch(): Promise<void> {
  return startOrExit('dashboard', process.env, () => start(dashboardConfig()));
}

async function start(config: DashboardConfig): Promise<void> {
  const { port, host, names, maxConnections, certificate: files } = config;
  // An error of theirs is reported here without the stack that Nest adds.
  tokensOf(config);
  fetchOf(config);
  const certificate = files && new DashboardCertificate(files);
  const adapter = new LimitedExpressAdapter(connectionsWithin(maxConnections), certificate?.options);
  const app = await NestFactory.create<NestExpressApplication>(DashboardModule, adapter, {
    bufferLogs: true,
    abortOnError: false,
    bodyParser: false,
  });
  app.useLogger(app.get(Logger));
  await certificate?.keepUpToDate((options) => adapter.replaceTls(options));
  app.disable('x-powered-by');
  app.use(securityHeaders(CONTENT_SECURITY_POLICY));
  app.use(requireKnownHost({ names, variable: 'DASHBOARD_NAMES' }));
  app.use(refuseForeignPages(isTopLevelNavigation));
  app.useStaticAssets(uplotFolder, { prefix: '/assets/uplot' });
  app.useStaticAssets(assetFolder, { prefix: '/assets' });
  app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });

  await app.listen(port, host);
  const logger = await app.resolve(PinoLogger);
  const address = app.getHttpServer().address() as AddressInfo;
  logger.info({ port: address.port, tls: files !== undefined }, 'dashboard listening');
}
