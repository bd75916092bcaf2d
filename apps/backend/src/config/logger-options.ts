// How the backend logs: readable lines for a terminal, or JSON for a machine. Jobs are not logged one by one.
import type { Params } from 'nestjs-pino';
import pretty from 'pino-pretty';
import type { BackendConfig } from './backend.config.js';

/** The options of nestjs-pino that the settings ask for. */
export function loggerOptions({ logLevel, logFormat }: BackendConfig): Params {
  const options = { level: logLevel, base: { app: 'backend' } };
  // No routes: pino's middleware would cost every job a child logger that nobody writes to.
  if (logFormat === 'json') return { pinoHttp: options, forRoutes: [] };
  const messageFormat = '[{app}] {msg}';
  const stream = pretty({ ignore: 'app,context', messageFormat, singleLine: true, translateTime: 'SYS:HH:MM:ss' });
  return { pinoHttp: [options, stream], forRoutes: [] };
}
