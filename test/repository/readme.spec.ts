// The README's configuration tables say what the schemas say.
import { readFileSync } from 'node:fs';
import { describeVariables } from '@fairlead/configuration';
import { describe, expect, it } from 'vitest';
import { backendEnvironment } from '../../apps/backend/src/config/backend.config.js';
import { balancerSchema } from '../../apps/balancer/src/config/balancer.config.js';
import { dashboardEnvironment } from '../../apps/dashboard/src/config/dashboard.config.js';
import { configurationTable, withTable } from '../../scripts/documentation/configuration-tables.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('the configuration tables of the README', () => {
  it.each([
    ['balancer', balancerSchema],
    ['backend', backendEnvironment],
    ['dashboard', dashboardEnvironment],
  ])('list every variable of the %s; npm run docs:config rewrites them', (app, schema) => {
    expect(README).toBe(withTable(README, app, configurationTable(describeVariables(schema))));
  });

  it('keep a vertical bar in a description from ending its cell', () => {
    const variable = { name: 'MODE', defaultValue: undefined, description: 'on | off' };
    expect(configurationTable([variable])).toContain(String.raw`on \| off`);
  });
});

describe('the links of the README', () => {
  const targets = [...README.matchAll(/\]\((?!https?:)([^)#]+)/g), ...README.matchAll(/(?:src|srcset)="([^"]+)"/g)];

  it.each(targets.map(([, target]) => target))('%s exists', (target) => {
    expect(() => readFileSync(new URL(`../../${target}`, import.meta.url))).not.toThrow(/ENOENT/);
  });
});
