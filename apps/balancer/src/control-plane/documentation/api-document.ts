// The OpenAPI document of the API, and the pages that show it.
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import * as swagger from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Router } from 'express';
import { describeApi } from '../../api-description/decorators.js';
import { VERSION } from '../../config/version.js';
import { addErrorExamples } from './error-examples.js';

const { DocumentBuilder, SwaggerModule } = swagger;

/** Adds routes for the document and its pages. */
export function addDocumentation(routes: Router, app: INestApplication): void {
  describeApi(swagger);
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
  // SwaggerModule adds routes to an application, and those of this one end with the response for paths that do not exist.
  const adapter = new ExpressAdapter(routes);
  const site = Object.create(app, {
    getHttpAdapter: { value: () => adapter },
    useStaticAssets: { value: adapter.useStaticAssets.bind(adapter) },
  }) as NestExpressApplication;
  SwaggerModule.setup('docs', site, () => finished(SwaggerModule.createDocument(app, description)), {
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
