// Sets up the control plane's HTTP side: bodies, validation, errors, documentation.
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { json, text, type NextFunction, type Request, type Response } from 'express';
import { unreadableBody } from './body-parser-errors.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation-message.js';

/** Largest body the control plane reads. */
const BODY_LIMIT = '100kb';

/** Expects an application that was created with `bodyParser: false`. */
export function configureControlPlane(app: NestExpressApplication, { withDocs }: { readonly withDocs: boolean }): void {
  app.disable('x-powered-by');
  app.set('etag', false);
  // The first backends send their JSON without saying that it is JSON, and with a GET.
  const parseText = text({ type: () => true, limit: BODY_LIMIT });
  const parseJson = json({ type: () => true, limit: BODY_LIMIT, reviver: refuseProto });
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
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'CONTROL_PLANE_TOKEN, where one is set' })
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description), {
    jsonDocumentUrl: 'docs-json',
  });
}

/** Schemas do not see this name: it would be passed over where every other unknown one is refused. */
function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('__proto__ is not a field');
  return value;
}
