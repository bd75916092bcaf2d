// `npm run docs:config`: rewrites the tables of docs/configuration.md from the schemas. Expects a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationTable, withTable, type Variable } from './documentation/configuration-tables.ts';

const SCHEMAS = { balancer: 'balancerSchema', backend: 'backendEnvironment', dashboard: 'dashboardEnvironment' };

const document = new URL('../docs/configuration.md', import.meta.url);
const { describeFields, describeVariables } = await built('libs/configuration/src/index.js');

let text = readFileSync(document, 'utf8');
for (const [app, exportName] of Object.entries(SCHEMAS)) {
  const config = await built(`apps/${app}/src/config/${app}.config.js`);
  const variables = (describeVariables as (schema: unknown) => Variable[])(config[exportName]);
  text = withTable(text, app, configurationTable(variables));
}
const { trafficLimitsSchema } = await built('apps/balancer/src/config/traffic-limits.js');
const fields = (describeFields as (schema: unknown) => Variable[])(trafficLimitsSchema);
text = withTable(text, 'traffic limits', configurationTable(fields, 'field'));
const { describeFile } = await built('libs/traffic-config/src/index.js');
for (const part of ['pools', 'routes', 'errorPages']) {
  const rows = (describeFile as (part: string) => Variable[])(part);
  text = withTable(text, part, configurationTable(rows, 'field'));
}
writeFileSync(document, text);

async function built(path: string): Promise<Record<string, unknown>> {
  return (await import(new URL(`../dist/${path}`, import.meta.url).href)) as Record<string, unknown>;
}
