// How every Fairlead process logs: a line of JSON for machines, or a readable line for people.
import pretty from 'pino-pretty';
import { z } from 'zod';
import { oneOf } from './fields.js';

/** The two variables that every process has for its log. */
export const logVariables = {
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .prefault('info')
    .describe('The least severe log line that is written: trace, debug, info, warn, error, fatal or silent'),
  LOG_FORMAT: oneOf(['pretty', 'json'])
    .prefault('pretty')
    .describe('pretty: readable lines; json: one JSON object a line'),
} satisfies z.ZodRawShape;

/** What {@link logVariables} yield. */
export interface LogVariables {
  readonly LOG_LEVEL: string;
  readonly LOG_FORMAT: 'pretty' | 'json';
}

/** Parts of Nest whose start-up lines interest nobody but Nest's own developers. */
const CHATTER = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/**
 * Options of nestjs-pino for the process named `app`. HTTP requests are not logged, and no middleware is installed for
 * them.
 */
export function logSettings(app: string, { LOG_LEVEL, LOG_FORMAT }: LogVariables) {
  const options = { level: LOG_LEVEL, base: { app }, hooks: { logMethod: withoutChatter } };
  if (LOG_FORMAT === 'json') return { pinoHttp: options, forRoutes: [] };
  const messageFormat = '[{app}] {msg}';
  const stream = pretty({ ignore: 'app,context', messageFormat, singleLine: true, translateTime: 'SYS:HH:MM:ss' });
  return { pinoHttp: [options, stream] as [typeof options, typeof stream], forRoutes: [] };
}

function withoutChatter(this: unknown, args: unknown[], method: (...args: unknown[]) => void): void {
  const [first] = args;
  const context = typeof first === 'object' && first !== null && 'context' in first ? String(first.context) : '';
  if (!CHATTER.has(context)) method.apply(this, args);
}
