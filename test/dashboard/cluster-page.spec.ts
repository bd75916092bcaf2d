// The section of the balancers in the live page, in Chromium.
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { until } from '../processes/until.js';
import { CHROMIUM_FLAGS } from '../support/chromium.js';
import { aBalancerView, aClusterView } from '../support/cluster-view.js';
import { describeWith } from '../support/programs.js';
import { type Dashboard, startDashboard } from './dashboard-process.js';
import { FakeMetricsServer } from './fake-metrics-server.js';
import { aBackend, aFleet } from './fleet-fixtures.js';

const UP = { 'files-1': 'up', 'files-2': 'up' } as const;

describeWith('chromium', 'the balancers on the live page', (executablePath) => {
  let browser: Browser;
  let balancer: FakeMetricsServer;
  let dashboard: Dashboard;
  let page: Page;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
    balancer = await new FakeMetricsServer().start();
    balancer.metrics = aFleet([aBackend('files-1'), aBackend('files-2')]);
    dashboard = await startDashboard(balancer.url);
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
    await balancer?.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  });
  afterEach(() => page.close());

  const textsOf = (selector: string) => page.locator(selector).allTextContents();
  const see = (selector: string, text: string) => page.locator(selector, { hasText: text }).first().waitFor();

  it('are hidden for a balancer with a registry of its own, and for one of a version without them', async () => {
    const own = { isShared: false, name: 'the registry in memory' };
    balancer.cluster = aClusterView([aBalancerView('balancer-1', UP)], own);
    await page.goto(dashboard.url);
    await see('tbody .id', 'files-1');
    expect(await page.locator('#balancers').isHidden()).toBe(true);
    balancer.cluster = aClusterView([aBalancerView('balancer-1', UP)]);
    await see('#balancer-count', '1 live');
    expect(await page.locator('#balancer-hint').isHidden()).toBe(true);
    balancer.cluster = null;
    await page.locator('#balancers').waitFor({ state: 'hidden' });
    expect(await textsOf('tbody .id')).toEqual(['files-1', 'files-2']);
  });

  it('have their version, when they were seen, and how many backends are up for them', async () => {
    const since = new Date(Date.now() - 7_800_000).toISOString();
    balancer.cluster = aClusterView([
      aBalancerView('balancer-1', UP, { since }),
      aBalancerView('balancer-2', { ...UP, 'files-2': 'down' }, { since, version: '0.2.0' }),
      aBalancerView('balancer-3', {}, { isLive: false, lastSeenSecondsAgo: 75 }),
    ]);
    await page.goto(dashboard.url);
    await see('#balancer-count', '2 of 3 live');
    expect(await textsOf('#balancer-hint')).toEqual(['The other figures of this page are those of balancer-1 alone.']);
    expect(await textsOf('#balancer-list .id')).toEqual(['balancer-1', 'balancer-2', 'balancer-3']);
    expect(await textsOf('#balancer-list .label:visible')).toEqual(['this page']);
    expect(await textsOf('#balancer-list .version')).toEqual(['0.1.0', '0.2.0', '0.1.0']);
    expect(await textsOf('#balancer-list .other')).toEqual(['0.2.0']);
    const [first, second, third] = await textsOf('#balancer-list li');
    expect(first).toContain('2 / 2 uplive seen just now');
    expect(first).toContain('balancer-1.example:9797up for 2 h 10 min');
    expect(second).toContain('1 / 2 up');
    expect(third).toContain('gone seen 1 min 15 s ago');
  });

  it('are two where two have one id by mistake', async () => {
    const both = ['10.0.0.5:9797', '10.0.0.6:9797'].map((address) => aBalancerView('balancer-1', UP, { address }));
    balancer.cluster = aClusterView(both);
    await page.goto(dashboard.url);
    await see('#balancer-count', '2 live');
    expect(await textsOf('#balancer-list .address')).toEqual(['10.0.0.5:9797', '10.0.0.6:9797']);
  });

  it('mark the backends that they see differently', async () => {
    balancer.cluster = aClusterView([
      aBalancerView('balancer-1', UP),
      aBalancerView('balancer-2', { 'files-1': 'down', 'files-2': 'up' }),
      aBalancerView('balancer-3', { 'files-1': 'joining', 'files-2': 'up', 'files-3': 'up' }),
    ]);
    await page.goto(dashboard.url);
    await see('#cluster-notes', 'files-1');
    expect(await textsOf('#cluster-notes li')).toEqual([
      'files-1 is seen differently: up at balancer-1, down at balancer-2, joining at balancer-3',
      'files-3 is seen differently: unknown at balancer-1 and balancer-2, up at balancer-3',
    ]);
    expect(await textsOf('tbody .elsewhere')).toEqual(['down at balancer-2, joining at balancer-3', '']);

    balancer.cluster = aClusterView([aBalancerView('balancer-1', UP), aBalancerView('balancer-2', UP)]);
    await until('the marks to go', async () => (await textsOf('tbody .elsewhere')).join('') === '');
    expect(await page.locator('#cluster-notes').isHidden()).toBe(true);
  });

  it('show in the banner that their registry is away, unless no backend is up', async () => {
    const unusableRecords = [1, 2, 3, 4].map((i) => ({
      id: `files-${i}`,
      problem: 'corrupt' as const,
      reason: 'it is no record',
    }));
    const reason = 'the registry at redis://10.0.0.5:6379 cannot be reached: connection refused';
    const away = { state: 'away', reason, latencyMs: null, pendingChanges: 3 } as const;
    const unseen = { isLive: false, lastSeenSecondsAgo: 75 };
    const balancers = [aBalancerView('balancer-1', UP), aBalancerView('balancer-2', UP, unseen)];
    balancer.cluster = aClusterView(balancers, { ...away, confirmedSecondsAgo: 42, unusableRecords });
    await page.goto(dashboard.url);
    await see('#status', 'Registry away');
    await see('#banner-title', 'The registry has been away since');
    expect(await textsOf('#registry-details')).toEqual([`${reason} · confirmed 42 s ago · 3 changes to be stored`]);
    // Whether the others live cannot be seen meanwhile.
    expect(await textsOf('#balancer-count, #balancer-list .state')).toEqual(['2', 'live', 'unknown']);
    expect((await textsOf('#cluster-notes li')).slice(2)).toEqual([
      'files-3 is stored, and not used: it is no record',
      '1 more is stored, and not used',
    ]);

    balancer.metrics = aFleet([aBackend('files-1', { state: 'suspect' })], { status: 'ok' });
    await see('#banner-title', 'No backend is up');
    balancer.metrics = aFleet([aBackend('files-1'), aBackend('files-2')]);
    balancer.cluster = aClusterView(balancers);
    await see('#status', 'Healthy');
    await see('#registry-state', 'registry current');
  });

  it.each([360, 768, 1440])('fit a screen of %i px without scrolling sideways', async (width) => {
    const long = 'balancer-2.eu-central-1.compute.internal:9797';
    balancer.cluster = aClusterView([
      aBalancerView('balancer-1', UP),
      ...Array.from({ length: 7 }, (_, i) => aBalancerView(`${i}.${long}`, { 'files-1': 'down' }, { address: long })),
    ]);
    await page.setViewportSize({ width, height: 900 });
    await page.goto(dashboard.url);
    await see('#balancer-count', '8 live');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  it('are in the plain table', async () => {
    balancer.cluster = aClusterView(
      [aBalancerView('balancer-1', UP), aBalancerView('balancer-2', { 'files-1': 'up' })],
      {
        state: 'away',
        reason: 'it refused the <connection>',
      },
    );
    await page.goto(dashboard.url);
    await see('#registry-state', 'away');
    await page.goto(`${dashboard.url}/status`);
    expect(await textsOf('h2')).toEqual(['Balancers of shop']);
    expect(await textsOf('[role=alert]')).toEqual([
      expect.stringMatching(/The registry is away since \S+: it refused the <connection>\. Changes to be stored: 0\./),
    ]);
    expect((await textsOf('table >> nth=1')).join()).toMatch(/balancer-2\s+balancer-2.example:9797\s+0.1.0.*1 \/ 1/s);
    expect(await textsOf('body')).toEqual([expect.stringContaining('Seen differently by balancers: files-2')]);
  });
});
