// docs/openapi.json is what a running balancer serves.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startBalancer } from '../support/processes.js';

it('docs/openapi.json is what a balancer serves at /docs-json', async () => {
  const { control } = await startBalancer({ SWAGGER: 'true' });
  const response = await fetch(`${control}/docs-json`);
  const committed = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as unknown;
  expect(await response.json(), 'docs/openapi.json is out of date; npm run docs:openapi rewrites it').toEqual(
    committed,
  );
});
