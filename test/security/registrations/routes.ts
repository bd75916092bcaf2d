// Requests to the control plane whose paths, queries or bodies are not what a route takes. None is served, and none changes
// the fleet.
import type { RegistrationCase } from './case.ts';

const BACKENDS = '/api/v1/backends';
const EXPLAIN = '/api/v1/placement/explain';
const DEEP = '['.repeat(10_000) + ']'.repeat(10_000);

type Row = readonly [method: string, path: string, statuses: readonly number[], body?: string];

const NOT_FOUND = [404];
const REFUSED = [400];

const ROWS: readonly Row[] = [
  ['GET', `${BACKENDS}/%2e%2e%2fmetrics`, NOT_FOUND],
  ['GET', `${BACKENDS}/%00`, NOT_FOUND],
  ['GET', `${BACKENDS}/__proto__`, NOT_FOUND],
  ['GET', `${BACKENDS}/constructor`, NOT_FOUND],
  ['GET', `${BACKENDS}/%E0%A4%A`, REFUSED],
  ['GET', `${BACKENDS}/${'x'.repeat(500)}`, NOT_FOUND],
  ['DELETE', `${BACKENDS}/__proto__?now=true`, NOT_FOUND],
  ['DELETE', `${BACKENDS}/recorder?now=maybe`, REFUSED],
  ['DELETE', `${BACKENDS}/recorder?now=true&now=false`, REFUSED],
  ['POST', `${BACKENDS}/recorder/drain?timeoutSeconds=-1`, REFUSED],
  ['POST', `${BACKENDS}/recorder/drain?timeoutSeconds=1e999`, REFUSED],
  ['POST', `${BACKENDS}/recorder/drain?timeoutSeconds=`, REFUSED],
  ['POST', `${BACKENDS}/recorder/drain?timeoutSeconds=1&timeoutSeconds=2`, REFUSED],
  ['PUT', `${BACKENDS}/recorder/lease`, REFUSED, DEEP],
  ['PUT', `${BACKENDS}/recorder/lease`, REFUSED, '{'],
  ['POST', EXPLAIN, REFUSED, DEEP],
  ['POST', EXPLAIN, REFUSED, `{"demand": ${DEEP}}`],
  ['POST', EXPLAIN, REFUSED, '{"demand": {"compute": 1e999}}'],
  ['POST', EXPLAIN, REFUSED, '{"demand": {"__proto__": 1}}'],
  ['POST', EXPLAIN, REFUSED, '{"demand": {"compute": -1}}'],
  ['POST', EXPLAIN, REFUSED, ''],
  ['PATCH', '/api/v1/metrics', NOT_FOUND, '{}'],
  ['TRACE', '/api/v1/metrics', [404, 405]],
  ['GET', '//api//v1//backends', NOT_FOUND],
  ['GET', '/%', [400, 404]],
  ['GET', '/.env', NOT_FOUND],
];

export const routes: readonly RegistrationCase[] = ROWS.map(([method, path, statuses, body = '']) => ({
  name: `${method} ${path.slice(0, 70)} ${body.slice(0, 30)}`.trim(),
  method,
  path,
  headers: { 'content-type': 'application/json' },
  body,
  statuses,
}));
