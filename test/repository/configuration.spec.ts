// The tables of docs/configuration.md match the schemas that the applications check.
import { readFileSync } from 'node:fs';
import { describeFields, describeVariables } from '@fairlead/configuration';
import { describeFile } from '@fairlead/traffic-config';
import { describe, expect, it } from 'vitest';
import { backendEnvironment } from '../../apps/backend/src/config/backend.config.js';
import { balancerSchema } from '../../apps/balancer/src/config/balancer.config.js';
import { trafficLimitsSchema } from '../../apps/balancer/src/config/traffic-limits.js';
import { dashboardEnvironment } from '../../apps/dashboard/src/config/dashboard.config.js';
import { configurationTable, withTable } from '../../scripts/documentation/configuration-tables.ts';

const DOCUMENT = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

describe('the tables of docs/configuration.md', () => {
  it.each([
    ['balancer', balancerSchema],
    ['backend', backendEnvironment],
    ['dashboard', dashboardEnvironment],
  ])('list every variable of the %s; npm run docs:config rewrites them', (app, schema) => {
    expect(DOCUMENT).toBe(withTable(DOCUMENT, app, configurationTable(describeVariables(schema))));
  });

  it('list every field of TRAFFIC_LIMITS', () => {
    const table = configurationTable(describeFields(trafficLimitsSchema), 'field');
    expect(DOCUMENT).toBe(withTable(DOCUMENT, 'traffic limits', table));
  });

  it.each(['pools', 'routes', 'errorPages'] as const)('list every field of %s in the configuration file', (part) => {
    expect(DOCUMENT).toBe(withTable(DOCUMENT, part, configurationTable(describeFile(part), 'field')));
  });

  it('escape a vertical bar in a description, which would end its cell', () => {
    const variable = { name: 'MODE', defaultValue: undefined, description: 'on | off' };
    expect(configurationTable([variable])).toContain(String.raw`on \| off`);
  });
});
