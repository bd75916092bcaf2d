// The documentation of the API: /docs for people, /docs-json for programs.
import { STATUS_CODES } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { VERSION } from '../config/version.js';

/** A typical sentence for the errors of each status. */
const EXAMPLES: Readonly<Record<string, string>> = {
  400: 'resources.compute must be a number from 0 to 1000000000, got -1',
  401: 'missing token: send the header "Authorization: Bearer <token>"',
  403: 'this needs the role register: the token reader has the role read',
  404: 'no backend "files-1" is registered',
  409: 'the id "files-1" is taken by http://10.0.0.7:8080',
  413: 'the body must be at most 100 kB',
  415: 'send Content-Type: application/json',
  422: 'the file is not valid',
  429: 'at most 60 registrations a minute from one address: try again in 7 s',
  503: '1024 backends are registered, which is MAX_BACKENDS',
};

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
    for (const operation of [path.get, path.post, path.put, path.delete]) {
      for (const [status, response] of Object.entries(operation?.responses ?? {})) addExample(status, response);
    }
  }
  return { ...document, paths };
}

/** Each error has an example of its own status: the schema has one for all. */
function addExample(status: string, response: object | undefined): void {
  const { content } = (response ?? {}) as {
    content?: Record<string, { schema?: { $ref?: string }; example?: unknown }>;
  };
  const body = content?.['application/json'];
  const name = body?.schema?.$ref?.split('/').at(-1);
  if (!body || !name?.endsWith('Problem')) return;
  const problem = { statusCode: Number(status), error: STATUS_CODES[status], message: EXAMPLES[status] };
  const problems = ['line 3, column 5: pools.web.policy must be one of drf, random, got "rnd"'];
  body.example = name === 'Problem' ? problem : { ...problem, problems };
}
