// Sets up HTTP for the control plane: which requests it takes, body parsing, validation, errors, API documentation.
import { refuseForeignPages, requireKnownHost } from '@fairlead/http-server';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { json, text, type NextFunction, type Request, type Response } from 'express';
import { hasBody, requireJson, takesDocument } from '../access/json-body.js';
import type { BalancerConfig } from '../config/balancer.config.js';
import { serveDocumentation } from './documentation/api-documentation.js';
import { auditRefusals } from './audit.js';
import { unreadableBody } from './body-parser-errors.js';
import { requireShallowBody } from './body-depth.js';
import { ProblemFilter } from './problem.filter.js';
import { Refusals } from './refusals.js';
import { responseHeaders } from './response-headers.js';
import { validationPipe } from './validation.pipe.js';

/** The largest request body. */
const BODY_LIMIT = '100kb';

/** The settings that concern HTTP. */
type HttpSettings = Pick<BalancerConfig, 'CONTROL_PLANE_NAMES' | 'SWAGGER'>;

/** Configures an application that was created with `bodyParser: false`. */
export function configureControlPlane(
  app: NestExpressApplication,
  { CONTROL_PLANE_NAMES: names, SWAGGER }: HttpSettings,
): void {
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(auditRefusals(app.get(Refusals)));
  app.use(responseHeaders);
  app.use(requireKnownHost({ names, variable: 'CONTROL_PLANE_NAMES' }));
  app.use(refuseForeignPages());
  if (SWAGGER) app.use(showDocsToBrowsers);
  app.use(requireJson);
  app.use(bodyParser());
  app.useGlobalPipes(validationPipe);
  app.useGlobalFilters(new ProblemFilter());
  if (SWAGGER) serveDocumentation(app);
}

/** Redirects a browser that opens the address of the control plane, which would be a request of the original protocol. */
function showDocsToBrowsers(request: Request, response: Response, next: NextFunction): void {
  const { method, path, headers } = request;
  const isPage = headers['sec-fetch-mode'] === 'navigate' || headers.accept?.includes('text/html') === true;
  if (method === 'GET' && path === '/' && isPage && !hasBody(request)) response.redirect(302, '/docs');
  else next();
}

/** Backends of the original protocol send JSON with any method to `/`; what is wrong with it is said in their words. */
function bodyParser() {
  const parsed = { type: () => true, limit: BODY_LIMIT, verify: requireShallowBody };
  const parseText = text(parsed);
  const parseJson = json({ ...parsed, reviver: rejectForbiddenKeys });
  return (request: Request, response: Response, next: NextFunction) => {
    // Its route reads it, once the caller was let in: it may be larger.
    if (takesDocument(request)) return next();
    const parse = request.path === '/' ? parseText : parseJson;
    parse(request, response, (error?: unknown) => next(error === undefined ? undefined : unreadableBody(error)));
  };
}

/** Keys that Nest takes out before a schema sees them, so that they would be ignored where any other one is an error. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

function rejectForbiddenKeys(key: string, value: unknown): unknown {
  if (FORBIDDEN_KEYS.has(key)) throw new SyntaxError(`${key} is not a field`);
  return value;
}
