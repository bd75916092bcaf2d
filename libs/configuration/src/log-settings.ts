// The log format of every Fairlead process: lines of JSON for machines, or readable lines for people.
import pretty from 'pino-pretty';
import { z } from 'zod';
import { oneOf } from './fields.js';
import { escapeControls, escapeUnseen } from './printable.js';

/** The environment variables that configure the log, the same for every process. */
export const logVariables = {
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .prefault('info')
    .describe('Least severe level that is logged: trace, debug, info, warn, error, fatal or silent'),
  LOG_FORMAT: oneOf(['pretty', 'json'])
    .prefault('pretty')
    .describe('pretty: lines for people; json: one JSON object per line'),
} satisfies z.ZodRawShape;

/** The parsed values of {@link logVariables}. */
export interface LogVariables {
  readonly LOG_LEVEL: string;
  readonly LOG_FORMAT: 'pretty' | 'json';
}

/** Parts of Nest whose start-up lines are of no use to an operator. */
const SILENCED = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/**
 * Returns the nestjs-pino options of the process named `app`. HTTP requests are not logged, so no middleware is
 * installed for them.
 */
export function logSettings(app: string, { LOG_LEVEL, LOG_FORMAT }: LogVariables) {
  const hooks = {
    /** Drops the start-up lines of Nest. */
    logMethod: logUnlessSilenced,
    /** Escapes a line of JSON. pino-pretty parses it again, so for `pretty` the backslashes are escaped too. */
    streamWrite: (line: string) => escapeUnseen(line, LOG_FORMAT === 'json' ? '\\' : '\\\\'),
  };
  const formatters = {
    /** The level by its name, such as `info`; pino's default is a number. */
    level: (level: string) => ({ level }),
  };
  const options = { level: LOG_LEVEL, base: { app }, hooks };
  if (LOG_FORMAT === 'json') return { pinoHttp: { ...options, formatters }, forRoutes: [] };
  const messageFormat = ({ msg }: Readonly<Record<string, unknown>>) =>
    `[${app}] ${escapeControls(typeof msg === 'string' ? msg : '')}`;
  const stream = pretty({ ignore: 'app,context', messageFormat, singleLine: true, translateTime: 'SYS:HH:MM:ss' });
  return { pinoHttp: [options, stream] as [typeof options, typeof stream], forRoutes: [] };
}

function logUnlessSilenced(this: unknown, args: unknown[], method: (...args: unknown[]) => void): void {
  const [first] = args;
  const context = typeof first === 'object' && first !== null && 'context' in first ? String(first.context) : '';
  if (!SILENCED.has(context)) method.apply(this, args);
}
