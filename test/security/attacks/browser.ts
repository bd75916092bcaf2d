// A web page of another origin in an operator's browser: it can send requests to the control plane on this machine, under the
// address or under a name of its own (DNS rebinding). Nothing may change, and nothing may be read.
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import { pathOf } from '../../../scripts/programs.ts';
import { CHROMIUM_FLAGS } from '../../support/chromium.ts';
import type { AtEnd } from '../../support/lifetime.ts';
import { launchDashboard } from '../../dashboard/dashboard-process.ts';
import type { Attack, Check } from '../attack.ts';
import { plantings } from '../browser/planting.ts';
import { CHANGES, READABLE, RESUMPTIONS, type Aim, type Trick } from '../browser/tricks.ts';
import { sendTo } from '../registrations/control-plane-client.ts';
import { Target } from '../target.ts';

/** Names that Chromium resolves to this machine: that of the page, and that which was "rebound". */
const EVIL = 'evil.example';
const REBOUND = 'rebound.example';
const RULES = [EVIL, REBOUND].map((name) => `MAP ${name} 127.0.0.1`).join(', ');

export const attack: Attack = {
  name: 'browser',
  title: 'a web page of another origin changes nothing on the control plane and reads nothing',
  needs: ['chromium'],
  async run(_form, atEnd) {
    const target = await Target.start('fast', atEnd, { REGISTRATIONS_PER_MINUTE: '1000000' });
    const browser = await startBrowser(atEnd);
    const page = await browser.newPage();
    const site = await startSite(atEnd);
    const { control } = target.balancer;
    const checks: Check[] = [];
    for (const trick of CHANGES) checks.push(await isFutile(target, page, site, trick));
    await sendTo(control, { path: '/api/v1/backends/recorder/drain' });
    for (const trick of RESUMPTIONS) checks.push(await isFutile(target, page, site, trick));
    await sendTo(control, { path: '/api/v1/backends/recorder/resume' });
    checks.push(...(await readings(page, site, control)));
    const dashboard = launchDashboard({ BALANCER_URL: control });
    atEnd(() => dashboard.end());
    const dashboardPort = Number((await dashboard.logged('dashboard listening')).port);
    checks.push(...(await rebindings(target, browser, dashboardPort)));
    checks.push(...(await plantings(target, page, `http://127.0.0.1:${dashboardPort}`)));
    return { checks, detail: `Chromium ${browser.version()}` };
  },
};

async function startBrowser(atEnd: AtEnd): Promise<Browser> {
  const executablePath = pathOf('chromium') ?? 'chromium';
  const args = [...CHROMIUM_FLAGS, `--host-resolver-rules=${RULES}`];
  const browser = await chromium.launch({ executablePath, args });
  atEnd(() => browser.close());
  return browser;
}

/** The attacker's page. */
async function startSite(atEnd: AtEnd): Promise<string> {
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><body>'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${EVIL}:${(server.address() as AddressInfo).port}/`;
}

/** Runs a trick; the fleet must be what it was, whatever the browser was told. */
async function isFutile(target: Target, page: Page, site: string, trick: Trick): Promise<Check> {
  const { control } = target.balancer;
  const before = await fleetOf(control);
  const aim: Aim = { control, backend: 'recorder' };
  await page.goto(site);
  await trick.run(page, aim);
  const after = await fleetOf(control);
  const problems = [
    after === before ? [] : `the fleet was ${before} and is ${after}`,
    target.processProblem() ?? [],
  ].flat();
  if (after !== before) await restore(control, before);
  return { name: trick.name, problem: problems.length > 0 ? problems.join('; ') : undefined };
}

/** Ids and states. */
async function fleetOf(control: string): Promise<string> {
  const { text } = await sendTo(control, { method: 'GET', path: '/api/v1/backends' });
  const { backends } = JSON.parse(text) as { backends: readonly { id: string; state: string }[] };
  return backends.map(({ id, state }) => `${id} ${state}`).join(', ');
}

/** Undoes what a trick has done, for the next one. */
async function restore(control: string, before: string): Promise<void> {
  const ids = (await fleetOf(control)).split(', ').map((words) => words.split(' ')[0]);
  for (const id of ids.filter((each) => each !== 'recorder')) {
    await sendTo(control, { method: 'DELETE', path: `/api/v1/backends/${encodeURIComponent(id)}?now=true` });
  }
  const path = before.includes('draining') ? 'drain' : 'resume';
  await sendTo(control, { path: `/api/v1/backends/recorder/${path}` });
}

/** A page can make the browser load what it may not read. */
async function readings(page: Page, site: string, control: string): Promise<Check[]> {
  await page.goto(site);
  const checks: Check[] = [];
  for (const path of READABLE) {
    const read = await page.evaluate(
      (url) =>
        fetch(url).then(
          (response) => response.text(),
          () => undefined,
        ),
      control + path,
    );
    checks.push({ name: `reading ${path}`, problem: read && `the page has read ${read.slice(0, 100)}` });
  }
  const { headers } = await sendTo(control, { method: 'GET', path: '/api/v1/metrics' });
  const wanted = {
    'x-content-type-options': /^nosniff$/,
    'content-security-policy': /frame-ancestors 'none'/,
    'cache-control': /no-store/,
  };
  for (const [name, form] of Object.entries(wanted)) {
    const value = String(headers[name] ?? '');
    checks.push({ name: `the header ${name}`, problem: form.test(value) ? undefined : `got ${JSON.stringify(value)}` });
  }
  return checks;
}

/** A name of the attacker that leads to this machine: for the browser, the control plane is of the page's origin. */
async function rebindings(target: Target, browser: Browser, dashboardPort: number): Promise<Check[]> {
  const page = await browser.newPage();
  const rebound = (port: number | string) => `http://${REBOUND}:${port}`;
  const controlPort = new URL(target.balancer.control).port;
  const pages = [
    `${rebound(controlPort)}/api/v1/metrics`,
    `${rebound(dashboardPort)}/`,
    `${rebound(dashboardPort)}/request-log`,
  ];
  const checks: Check[] = [];
  for (const url of pages) {
    const response = await page.goto(url);
    const isRefused = response !== null && response.status() >= 400 && response.status() !== 404;
    checks.push({
      name: `rebinding: ${url.replace(/:\d+/, '')} ${url.includes(String(dashboardPort)) ? 'of the dashboard' : 'of the control plane'}`,
      problem: isRefused ? undefined : `status ${response?.status()}: ${(await response?.text())?.slice(0, 100)}`,
    });
  }
  const before = await fleetOf(target.balancer.control);
  await page.goto(`${rebound(controlPort)}/api/v1/metrics`);
  await page.evaluate(async () => {
    const body = JSON.stringify({ id: 'attack', port: 1, resources: { compute: 10, storage: 10 } });
    const headers = { 'content-type': 'application/json' };
    // The browser may refuse to send it, as the page is the refusal of its name.
    await fetch('/api/v1/backends', { method: 'POST', headers, body }).catch(() => {});
  });
  const after = await fleetOf(target.balancer.control);
  checks.push({
    name: 'rebinding: a registration of the same origin',
    problem: after === before ? undefined : `the fleet was ${before} and is ${after}`,
  });
  await restore(target.balancer.control, before);
  return checks;
}
