// `npm run docs:openapi`: writes docs/openapi.json as a running balancer serves it at /docs-json. Expects a build.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { withBuiltBalancer } from './documentation/built-balancer.ts';

const DOCUMENT = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));

await withBuiltBalancer({}, async ({ control }) => {
  const response = await fetch(`${control}/docs-json`);
  if (!response.ok) throw new Error(`/docs-json: expected status 200, got ${response.status}`);
  const text = await format(await response.text(), { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT });
  writeFileSync(DOCUMENT, text);
});
