// Sets up HTTP for the control plane: body parsing, validation, errors, API documentation.
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { json, text, type NextFunction, type Request, type Response } from 'express';
import { unreadableBody } from './body-parser-errors.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation.pipe.js';

/** The largest request body. */
const BODY_LIMIT = '100kb';

/** Configures an application that was created with `bodyParser: false`. */
export function configureControlPlane(app: NestExpressApplication, { withDocs }: { readonly withDocs: boolean }): void {
  app.disable('x-powered-by');
  app.set('etag', false);
  // Backends of the original protocol send JSON with a GET and without a Content-Type.
  const parseText = text({ type: () => true, limit: BODY_LIMIT });
  const parseJson = json({ type: () => true, limit: BODY_LIMIT, reviver: rejectProto });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const parse = request.path === '/' ? parseText : parseJson;
    parse(request, response, (error?: unknown) => next(error === undefined ? undefined : unreadableBody(error)));
  });
  app.useGlobalPipes(validationPipe);
  app.useGlobalFilters(new ProblemFilter());
  if (withDocs) setUpDocs(app);
}

function setUpDocs(app: NestExpressApplication): void {
  const description = new DocumentBuilder()
    .setTitle('Fairlead')
    .setDescription('Registration, administration and metrics of the balancer.')
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'CONTROL_PLANE_TOKEN, if it is set' })
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description), {
    jsonDocumentUrl: 'docs-json',
  });
}

/** Schemas do not see the key `__proto__`, so that it would be ignored where any other unknown key is an error. */
function rejectProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('__proto__ is not a field');
  return value;
}
