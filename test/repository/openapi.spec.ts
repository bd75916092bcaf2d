// docs/openapi.json is what a running balancer serves.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startBalancer } from '../support/processes.js';

interface Operation {
  readonly requestBody?: object;
  readonly responses: Record<string, { content?: Record<string, { schema?: { $ref?: string }; example?: unknown }> }>;
}

const DOCUMENT = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};

const operations = Object.entries(DOCUMENT.paths).flatMap(([path, byMethod]) =>
  Object.entries(byMethod).map(([method, operation]) => ({ name: `${method} ${path}`, method, operation })),
);

it('docs/openapi.json is what a balancer serves at /docs-json', async () => {
  const { control } = await startBalancer({ SWAGGER: 'true' });
  const response = await fetch(`${control}/docs-json`);
  const committed = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as unknown;
  expect(await response.json(), 'docs/openapi.json is out of date; npm run docs:openapi rewrites it').toEqual(
    committed,
  );
});

it('has one operation for the original protocol, and no body with GET, which browsers cannot send', () => {
  expect(operations.filter(({ name }) => name.endsWith(' /')).map(({ name }) => name)).toEqual(['post /']);
  expect(operations.filter(({ method, operation }) => method === 'get' && operation.requestBody)).toEqual([]);
});

it('shows an example of the same status for each error', () => {
  const errors = operations.flatMap(({ name, operation }) =>
    Object.entries(operation.responses).flatMap(([status, { content }]) => {
      const body = content?.['application/json'];
      return body?.schema?.$ref?.endsWith('Problem') ? [{ name, status, example: body.example }] : [];
    }),
  );
  expect(errors.length).toBeGreaterThan(30);
  for (const { name, status, example } of errors) {
    expect(example, name).toMatchObject({ statusCode: Number(status), message: expect.stringMatching(/\w/) });
  }
});

it('gives every whole number a minimum, so that no example is below zero', () => {
  const text = JSON.stringify(DOCUMENT);
  expect(text).not.toContain('-9007199254740991');
});
