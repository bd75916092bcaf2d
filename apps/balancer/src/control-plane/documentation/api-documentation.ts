// The documentation of the API: /docs for people, /docs-json for programs.
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { VERSION } from '../../config/version.js';
import { addErrorExamples } from './error-examples.js';

/** Serves it. */
export function serveDocumentation(app: NestExpressApplication): void {
  const description = new DocumentBuilder()
    .setTitle('Fairlead control plane')
    .setDescription('Registration, administration and metrics of the balancer.')
    .setVersion(VERSION)
    .setOpenAPIVersion('3.1.0')
    .addServer('/', 'This balancer')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'A token, if tokens are set; the roles are read, register and operate, which includes the others',
    })
    .build();
  SwaggerModule.setup('docs', app, () => finished(SwaggerModule.createDocument(app, description)), {
    jsonDocumentUrl: 'docs-json',
  });
}

/** The document with what decorators cannot say. */
function finished(document: OpenAPIObject): OpenAPIObject {
  const { '/': original, ...paths } = document.paths;
  // It is the same with every method. Clients that refuse a body with GET could not try the others.
  if (original?.post) {
    const { post } = original;
    paths['/'] = { post: { ...post, operationId: 'OriginalProtocolController_register' } };
  }
  for (const path of Object.values(paths)) {
    for (const operation of [path.get, path.post, path.put, path.delete]) addErrorExamples(operation);
  }
  return { ...document, paths };
}
