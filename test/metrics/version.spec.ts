// The version is said wherever a program or a person looks for it.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { metricsOf } from '../support/metrics.js';
import { startBalancer } from '../support/processes.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

it('the metrics and the API documentation name the version of package.json', async () => {
  const balancer = await startBalancer({ SWAGGER: 'true' });
  expect((await metricsOf(balancer)).version).toBe(version);
  const document = (await (await fetch(`${balancer.control}/docs-json`)).json()) as { info: { version: string } };
  expect(document.info.version).toBe(version);
});
