// What clients, operators and backends keep secret must not appear where others read it: in logs, metrics, events, the request
// log, the dashboard, and the balancer's own error responses.
import { valuesOf } from '../../differential/messages.ts';
import { WireClient } from '../../differential/wire-client.ts';
import { launchDashboard } from '../../dashboard/dashboard-process.ts';
import { bearer } from '../../support/bearer.ts';
import { head, request, upgradeTo } from '../../support/http-text.ts';
import type { AtEnd } from '../../support/lifetime.ts';
import type { Attack, Check } from '../attack.ts';
import { sendTo } from '../registrations/control-plane-client.ts';
import { Target } from '../target.ts';

/** Each is a word of its own, so that a finding says which it was. */
const SECRETS = {
  'the control-plane token': 'sEcReT0control0token0',
  'a wrong control-plane token': 'sEcReT1wrong0token0000',
  'credentials in Authorization': 'sEcReT2authorization',
  'credentials in Proxy-Authorization': 'sEcReT3proxy',
  'a cookie': 'sEcReT4cookie',
  'a query string': 'sEcReT5query',
  'a password in a target': 'sEcReT6userinfo',
  'a body': 'sEcReT7body',
  'a cookie that a backend sets': 'sEcReT8set0cookie',
  'what a malformed response holds': 'sEcReT9response',
  'a token in a query of the control plane': 'sEcReT10control0query',
  'a body that is no registration': 'sEcReT11registration',
  'a password in the address of a backend': 'sEcReT12backend',
} as const;

const LINES = [
  `Authorization: Bearer ${SECRETS['credentials in Authorization']}`,
  `Proxy-Authorization: Basic ${SECRETS['credentials in Proxy-Authorization']}`,
  `Cookie: session=${SECRETS['a cookie']}`,
];
const QUERY = `?token=${SECRETS['a query string']}`;
const BODY = SECRETS['a body'];

/** Requests that are served, refused, and broken in each way that is logged. */
const REQUESTS: readonly string[] = [
  request('GET', `/a${QUERY}`, LINES),
  request('POST', `/a${QUERY}`, [...LINES, `Content-Length: ${BODY.length}`], BODY),
  request('POST', `/a${QUERY}`, [...LINES, 'Content-Length: 5', 'Content-Length: 6'], BODY),
  request('POST', `/a${QUERY}`, [...LINES, 'Transfer-Encoding: gzip'], BODY),
  request('POST', `/a${QUERY}`, [...LINES, 'Transfer-Encoding: chunked'], `zz${BODY}`),
  request('GET', `/a${QUERY}`, [...LINES, 'X: \0']),
  request('GET', `/a${QUERY}`, [...LINES, 'Host: second']),
  request('GET', `/a${QUERY}`, [...LINES, `X: ${'x'.repeat(20_000)}`]),
  request('GET', `/a${QUERY}`, [...LINES, 'Compute: lots']),
  request('TRACE', `/a${QUERY}`, LINES),
  request('GET', `/hostile${QUERY}`, LINES),
  request('GET', `/silent${QUERY}`, LINES),
  request('GET', `/gone${QUERY}`, LINES),
  upgradeTo('x', `/a${QUERY}`),
  upgradeTo('x', `/hostile${QUERY}`),
  head(`GET http://user:${SECRETS['a password in a target']}@h/a${QUERY} HTTP/1.1`, ['Host: h', ...LINES]),
  head(`GET ftp://user:${SECRETS['a password in a target']}@h/a${QUERY} HTTP/1.1`, ['Host: h', ...LINES]),
];

/** Places that others read: paths of the control plane and of the dashboard. */
const CONTROL_PATHS = [
  '/api/v1/metrics',
  '/metrics',
  '/api/v1/events',
  '/api/v1/requests',
  '/api/v1/backends',
  '/api/v1/demands',
  '/api/v1/machines',
];
const DASHBOARD_PATHS = ['/', '/status', '/request-log'];

export const attack: Attack = {
  name: 'secrets',
  title: 'no secret appears in logs, metrics, events, the dashboard or error responses',
  async run(_form, atEnd) {
    const places = await placesAfterUse(atEnd);
    const checks = Object.entries(places).flatMap(([place, text]) => searched(place, text));
    return { checks, detail: `${Object.keys(SECRETS).length} secrets, ${Object.keys(places).length} places` };
  },
};

/** Uses the secrets in every way, and returns what can be read then, by place. */
async function placesAfterUse(atEnd: AtEnd): Promise<Record<string, string>> {
  const target = await Target.start('fast', atEnd, {
    CONTROL_PLANE_TOKEN: SECRETS['the control-plane token'],
    ACCESS_LOG: 'all',
    LOG_LEVEL: 'trace',
    CONNECT_TIMEOUT_SECONDS: '0.2',
    ATTEMPT_TIMEOUT_SECONDS: '0.3',
    REQUEST_TIMEOUT_SECONDS: '0.5',
  });
  const { balancer } = target;
  const dashboard = launchDashboard({
    BALANCER_URL: balancer.control,
    CONTROL_PLANE_TOKEN: SECRETS['the control-plane token'],
    LOG_LEVEL: 'trace',
  });
  atEnd(() => dashboard.end());
  const dashboardUrl = `http://127.0.0.1:${Number((await dashboard.logged('dashboard listening')).port)}`;
  const errors = [...(await useAsClient(target)), ...(await useAsOperator(balancer.control))].join('\n');
  const headers = bearer(SECRETS['the control-plane token']);
  const read = async (base: string, paths: readonly string[]) =>
    (await Promise.all(paths.map(async (path) => (await sendTo(base, { method: 'GET', path, headers })).text))).join(
      '\n',
    );
  return {
    'error responses': errors,
    'the control plane': await read(balancer.control, CONTROL_PATHS),
    'the dashboard': await read(dashboardUrl, DASHBOARD_PATHS),
    "the balancer's log": JSON.stringify(balancer.process.lines) + balancer.process.stderr,
    "the dashboard's log": JSON.stringify(dashboard.lines) + dashboard.stderr,
  };
}

/** Sends the requests; returns the balancer's own responses. */
async function useAsClient(target: Target): Promise<string[]> {
  const { backend } = target;
  const hostile = head('HTTP/1.1 200 OK', [
    `Set-Cookie: ${SECRETS['a cookie that a backend sets']}`,
    `X ${SECRETS['what a malformed response holds']}`,
  ]);
  const withCookie = head('HTTP/1.1 200 OK', [
    'Content-Length: 0',
    `Set-Cookie: ${SECRETS['a cookie that a backend sets']}`,
  ]);
  backend.script = ({ startLine }) => {
    if (startLine.includes('/hostile')) return { name: 'malformed', parts: [hostile], ending: 'keep' };
    if (startLine.includes('/gone')) return { name: 'gone', parts: [''], ending: 'reset' };
    return { name: 'served', parts: startLine.includes('/silent') ? [] : [withCookie], ending: 'keep' };
  };
  const errors: string[] = [];
  for (const bytes of REQUESTS) {
    const client = await WireClient.open(target.port);
    client.send(bytes, bytes.split(' ', 1)[0]);
    await target.got(client, () => client.answeredCount > 0);
    await target.isQuiet(client);
    const own = client.answers.filter((response) => valuesOf(response.fields, 'via').length === 0);
    errors.push(...own.map(({ startLine, fields, body }) => JSON.stringify({ startLine, fields, body })));
    client.socket.destroy();
    backend.hangUp();
  }
  return errors;
}

/** Uses the control plane rightly and wrongly; returns its error responses. */
async function useAsOperator(control: string): Promise<string[]> {
  const right = { authorization: `Bearer ${SECRETS['the control-plane token']}` };
  const wrong = { authorization: `Bearer ${SECRETS['a wrong control-plane token']}` };
  const json = { 'content-type': 'application/json' };
  const path = '/api/v1/backends';
  const inQuery = `?token=${SECRETS['a token in a query of the control plane']}`;
  const body = `{"id": "${SECRETS['a body that is no registration']}", `;
  const url = `http://user:${SECRETS['a password in the address of a backend']}@127.0.0.1:1`;
  const sent = [
    { path, headers: { ...json, ...wrong }, body: '{}' },
    { path: path + inQuery, headers: json, body: '{}' },
    { path, headers: { ...json, ...right }, body },
    { path, headers: { ...json, ...right }, body: JSON.stringify({ url, resources: { compute: 1, storage: 1 } }) },
    { path: '/', headers: wrong, body },
    { path: '/', headers: right, body },
    { path: `/${inQuery}`, headers: { ...wrong, cookie: SECRETS['a cookie'] } },
    { method: 'GET', path: `/nowhere${inQuery}`, headers: right },
    { method: 'GET', path: `${path}/missing${inQuery}`, headers: right },
    { path: '/api/v1/placement/explain', headers: { ...json, ...right }, body },
  ];
  const errors: string[] = [];
  for (const request of sent) {
    const { status, headers, text } = await sendTo(control, request);
    if (status >= 400) errors.push(JSON.stringify({ status, headers, text }));
  }
  return errors;
}

function searched(place: string, text: string): Check[] {
  return Object.entries(SECRETS).map(([what, secret]) => {
    const at = text.indexOf(secret);
    const around = JSON.stringify(text.slice(Math.max(0, at - 120), at + 60));
    return { name: `${what} in ${place}`, problem: at === -1 ? undefined : `found: …${around}…` };
  });
}
