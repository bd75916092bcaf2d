// `npm run docs:metrics`: rewrites the table of docs/metrics.md from what a running balancer exposes. Expects a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { withBuiltBalancer } from './documentation/built-balancer.ts';
import { ALL_METRICS, completeExposition } from './documentation/complete-exposition.ts';
import { metricsTable, withMetricsTable } from './documentation/metrics-table.ts';
import { withCertificate } from './documentation/self-signed.ts';

const document = new URL('../docs/metrics.md', import.meta.url);

await withCertificate(async (certificate, key) => {
  const tls = { DATA_PLANE_TLS_PORT: '0', TLS_CERTIFICATE_FILES: certificate, TLS_KEY_FILES: key };
  await withBuiltBalancer({ ...ALL_METRICS, ...tls }, async ({ control, clients }) => {
    const table = metricsTable(await completeExposition(control, clients));
    writeFileSync(document, withMetricsTable(readFileSync(document, 'utf8'), table));
  });
});
