// `npm run docs:config`: rewrites the README's configuration tables from the schemas. Expects a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationTable, withTable, type Variable } from './documentation/configuration-tables.ts';

const SCHEMAS = { balancer: 'balancerSchema', backend: 'backendEnvironment', dashboard: 'dashboardEnvironment' };

const readme = new URL('../README.md', import.meta.url);
const { describeVariables } = await built('libs/configuration/src/index.js');

let text = readFileSync(readme, 'utf8');
for (const [app, exportName] of Object.entries(SCHEMAS)) {
  const config = await built(`apps/${app}/src/config/${app}.config.js`);
  const variables = (describeVariables as (schema: unknown) => Variable[])(config[exportName]);
  text = withTable(text, app, configurationTable(variables));
}
writeFileSync(readme, text);

async function built(path: string): Promise<Record<string, unknown>> {
  return (await import(new URL(`../dist/${path}`, import.meta.url).href)) as Record<string, unknown>;
}
