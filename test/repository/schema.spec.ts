// docs/fairlead.schema.json is made from the schema of the configuration file, and the example of docs/traffic.md fits it.
import { readFileSync } from 'node:fs';
import {
  fileJsonSchema,
  parseTraffic,
  trafficDefaults,
  trafficVariables,
  trafficWarnings,
} from '@fairlead/traffic-config';
import { expect, it } from 'vitest';

it('docs/fairlead.schema.json is made from the schema of the file', () => {
  const committed = JSON.parse(
    readFileSync(new URL('../../docs/fairlead.schema.json', import.meta.url), 'utf8'),
  ) as unknown;
  expect(fileJsonSchema(), 'docs/fairlead.schema.json is out of date; npm run docs:schema rewrites it').toEqual(
    committed,
  );
});

it('the example of docs/traffic.md is valid, and has no warnings', () => {
  const document = readFileSync(new URL('../../docs/traffic.md', import.meta.url), 'utf8');
  const [, example] = /```yaml\n([^]*?)```/.exec(document) ?? [];
  const parsed = parseTraffic(example, {
    file: 'docs/traffic.md',
    defaults: trafficDefaults(trafficVariables.parse({}), Infinity),
    resourceNames: ['compute', 'storage'],
    environment: { API_KEY: 'key' },
    readFile: (path) => (path.endsWith('.json') ? '{}' : ''),
  });
  expect(parsed).toMatchObject({ kind: 'valid' });
  if (parsed.kind === 'valid') expect(trafficWarnings(parsed.traffic)).toEqual([]);
});
