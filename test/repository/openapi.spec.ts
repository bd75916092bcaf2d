// docs/openapi.json is what a running balancer serves.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startBalancer } from '../support/processes.js';

interface Operation {
  readonly requestBody?: object;
  readonly security?: readonly { readonly bearer: readonly string[] }[];
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

it('shows errors of the operation: the role that it requires, and what it refuses', () => {
  const example = (name: string, status: number) => {
    const found = operations.find((each) => each.name === name)?.operation;
    const body = found?.responses[status]?.content?.['application/json']?.example as { message: string } | undefined;
    return body?.message;
  };
  // The original protocol responds in plain text.
  for (const { name, operation } of operations.filter((each) => example(each.name, 403) !== undefined)) {
    const role = operation.security?.[0].bearer[0];
    expect(example(name, 403), name).toMatch(new RegExp(`^this needs the role ${role}: .* has the role (?!${role})`));
  }
  expect(example('delete /api/v1/backends/{id}', 400)).toMatch(/^timeoutSeconds must be/);
  expect(example('post /api/v1/backends/{id}/drain', 400)).toMatch(/^timeoutSeconds must be/);
  expect(example('post /api/v1/placement/explain', 400)).toMatch(/^demand\.compute must be/);
  expect(example('post /api/v1/configuration/reload', 409)).toMatch(/^there is no configuration file/);
  expect(example('put /api/v1/backends/{id}/lease', 409)).toMatch(/no lease to renew/);
  expect(example('post /api/v1/configuration/check', 413)).toMatch(/1 MB/);
});

it('gives every whole number a minimum, so that no example is below zero', () => {
  const text = JSON.stringify(DOCUMENT);
  expect(text).not.toContain('-9007199254740991');
});
