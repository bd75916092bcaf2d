// Serves the documentation of the API: /docs for people, /docs-json for programs. Loaded with the first request for it.
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Router, type NextFunction, type Request, type Response } from 'express';

/** Paths of the documentation; those of the API differ. */
const DOCUMENTATION = /^\/docs(-json|-yaml)?(\/|$)/i;

/** Serves it. */
export function serveDocumentation(app: NestExpressApplication): void {
  let routes: Promise<Router> | undefined;
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (!DOCUMENTATION.test(request.path)) return next();
    routes ??= routesOf(app);
    routes.then((serve) => serve(request, response, next), next);
  });
}

async function routesOf(app: INestApplication): Promise<Router> {
  const { addDocumentation } = await import('./api-document.js');
  const routes = Router();
  addDocumentation(routes, app);
  return routes;
}
