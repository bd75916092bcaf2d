// The live page in Chromium: what a person sees while the fleet changes.
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CHROMIUM_FLAGS } from '../support/chromium.js';
import { until } from '../processes/until.js';
import { describeWith } from '../support/programs.js';
import { type Dashboard, startDashboard } from './dashboard-process.js';
import { FakeMetricsServer } from './fake-metrics-server.js';
import { aBackend, aFleet, anEvent, anotherEvent } from './fleet-fixtures.js';

describeWith('chromium', 'the live page', (executablePath) => {
  let browser: Browser;
  let balancer: FakeMetricsServer;
  let dashboard: Dashboard;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
    balancer = await new FakeMetricsServer().start();
    dashboard = await startDashboard(balancer.url);
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
    await balancer?.stop();
  });
  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (entry) => entry.type() === 'error' && complaints.push(entry.text()));
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const ids = () => page.locator('tbody .id').allTextContents();
  const see = (selector: string, text: string) => page.locator(selector, { hasText: text }).first().waitFor();
  const untilRows = (amount: number) => see('#fleet-count', amount === 1 ? '1 backend' : `${amount} backends`);

  it('shows how to register while the fleet is empty, then the new backend without a reload', async () => {
    balancer.metrics = aFleet([]);
    await page.goto(dashboard.url);
    await see('#register-command', `curl ${balancer.url}/api/v1/backends`);
    await see('#banner', 'the fleet is empty');

    balancer.metrics = aFleet([aBackend('disk-1')], { events: [anEvent(1, 'disk-1', null, 'joining')] });
    await see('tbody .id', 'disk-1');
    await see('#status', 'Healthy');
    await see('#events li', 'joined');
    expect(await page.locator('#banner').isHidden()).toBe(true);
    expect(await page.locator('#empty').isHidden()).toBe(true);
  });

  it('shows state in words, queues per resource, and the figures of the fleet', async () => {
    balancer.metrics = aFleet(
      [
        aBackend('disk-1', { requests: 1234, errors: 5, inFlightDemand: { compute: 10, storage: 4 } }),
        aBackend('gpu-1', {
          state: 'down',
          reason: 'ping failed: connection refused',
          capacity: { compute: 8, gpu: 2 },
        }),
      ],
      { resources: ['compute', 'storage', 'gpu'] },
    );
    await page.goto(`${dashboard.url}/frontend`);
    const first = page.locator('tbody tr', { hasText: 'disk-1' });
    await first.waitFor();
    expect(await first.locator('.state').textContent()).toBe('up');
    expect(await first.locator('.seconds').allTextContents()).toEqual(['0.50 s', '0.10 s', '0 s']);
    expect(await first.locator('[data-key=requests]').textContent()).toBe('1,234');
    const second = page.locator('tbody tr', { hasText: 'gpu-1' });
    expect(await second.locator('.state').textContent()).toBe('down');
    await see('tbody .sub', 'connection refused');
    expect(await page.locator('#up').textContent()).toBe('1');
    expect(await page.locator('thead').textContent()).toContain('Gpu queue');
  });

  it('shows what was in flight on average, its peak, and the last minute beside the totals', async () => {
    const busy = aBackend('busy', {
      inFlight: 0,
      meanInFlight: 1.62,
      peakInFlight: 7,
      inFlightDemand: { compute: 0, storage: 0 },
      meanBacklogSeconds: { compute: 0.05, storage: 0.01 },
      peakBacklogSeconds: { compute: 0.1, storage: 0.02 },
    });
    const fleet = aFleet([busy]);
    const latencyMs = { p50: 1.5, p95: 2.5, p99: 7 };
    const lastMinute = { seconds: 60, requests: 48_000, errors: 3, unplaced: 2, retries: 0, latencyMs };
    Object.assign(fleet.fleet, { errors: 40, unplaced: 9, requests: 80_000, lastMinute });
    balancer.metrics = fleet;
    await page.goto(dashboard.url);
    await untilRows(1);
    const textsOf = (...ids: string[]) => Promise.all(ids.map((id) => page.locator(`#${id}`).textContent()));
    expect(await textsOf('in-flight', 'in-flight-peak')).toEqual(['1.6', 'peak 7 in 15 s']);
    expect(await textsOf('p50', 'p99', 'latency-note')).toEqual(['1.5', '7.0', '12, 48 and 91 since the start']);
    expect(await textsOf('errors', 'unplaced')).toEqual(['3', '2']);
    expect(await page.locator('#errors-note').textContent()).toBe('40 since the start; 0 retried');
    expect(await page.locator('#unplaced-note').textContent()).toContain('9 since the start');
    const cell = page.locator('tbody .share').first();
    expect(await cell.locator('.seconds').textContent()).toBe('0.05 s');
    const widthOf = async (selector: string) => (await cell.locator(selector).boundingBox()) ?? { x: NaN, width: NaN };
    const [bar, peak] = [await widthOf('.bar'), await widthOf('.peak')];
    expect(Math.abs(peak.x - (bar.x + bar.width - 2))).toBeLessThan(1);
  });

  it('says that a backend gets nothing because a larger one is free', async () => {
    const small = aBackend('small', { capacity: { compute: 5, storage: 5 }, peakInFlight: 0, meanInFlight: 0 });
    const spare = page.locator('tbody tr', { hasText: 'small' }).locator('.spare');
    balancer.metrics = aFleet([aBackend('large'), small]);
    await page.goto(dashboard.url);
    await see('tbody .spare', 'a larger one is free');
    expect(await spare.getAttribute('title')).toContain('gets requests once the larger ones have a queue');
    expect(await page.locator('tbody tr', { hasText: 'large' }).locator('.spare').first().textContent()).toBe('');
    balancer.metrics = aFleet([aBackend('large'), aBackend('small', { ...small, peakInFlight: 1 })]);
    await until('the note to go', async () => (await spare.textContent()) === '');
  });

  it('shows a banner during a panic and hides it afterwards', async () => {
    const backends = [
      aBackend('a'),
      aBackend('b', { state: 'ejected', ejections: 3, reason: '5 answers in a row were 5xx' }),
      aBackend('c', { state: 'down' }),
      aBackend('d', { state: 'draining' }),
    ];
    balancer.metrics = aFleet(backends, { status: 'panic' });
    await page.goto(dashboard.url);
    await see('#banner', 'Panic: only 1 of 4 backends is up');
    await see('#banner', 'Unhealthy backends receive requests too.');
    await see('#status', 'Panic');
    expect(await page.title()).toBe('Panic · Fairlead');
    const ejected = page.locator('tbody tr', { hasText: 'b' }).locator('.state-cell', { hasText: 'ejected' });
    expect(await ejected.locator('.sub:not(.spare, .elsewhere)').allTextContents()).toEqual([
      '5 answers in a row were 5xx',
      '3rd time in a row',
    ]);
    expect(await page.locator('#states .state').allTextContents()).toEqual(['1 down', '1 ejected', '1 draining']);

    balancer.metrics = aFleet([aBackend('a', { ejections: 1 }), aBackend('b')]);
    await see('#status', 'Healthy');
    await see('.state-cell .sub', 'ejected once before');
    expect(await page.locator('#banner').isHidden()).toBe(true);
    expect(await page.locator('#states').textContent()).toBe('all of them');
    expect(await page.title()).toBe('Fairlead');

    balancer.metrics = aFleet([
      aBackend('a'),
      aBackend('b', { state: 'suspect' }),
      aBackend('c', { state: 'draining' }),
    ]);
    await see('#status', '1 of 3 up');
    expect(await page.title()).toBe('1 of 3 up · Fairlead');
    expect(await page.locator('#backends').textContent()).toBe(' / 3');
    expect(await page.locator('#banner').isHidden()).toBe(true);

    balancer.metrics = aFleet([aBackend('a', { state: 'suspect' })], { status: 'ok' });
    await see('#banner-title', 'No backend is up');
    await see('#status', '0 of 1 up');
  });

  it('says in the banner of a panic that no backend is up', async () => {
    balancer.metrics = aFleet([aBackend('a', { state: 'suspect' })], { status: 'panic' });
    await page.goto(dashboard.url);
    await see('#banner', 'Panic: the only backend is not up');
    balancer.metrics = aFleet(
      ['a', 'b'].map((id) => aBackend(id, { state: 'suspect' })),
      { status: 'panic' },
    );
    await see('#banner', 'Panic: none of 2 backends is up');
  });

  it('shows the pool of each backend, and those of one pool when asked, while there are several', async () => {
    const chip = page.locator('tbody .pool').first();
    balancer.metrics = aFleet([aBackend('a')]);
    await page.goto(dashboard.url);
    await untilRows(1);
    expect([await page.locator('#pool').isVisible(), await chip.isVisible()]).toEqual([false, false]);

    balancer.metrics = aFleet([aBackend('a'), aBackend('b', { pool: 'reports' }), aBackend('c', { pool: 'reports' })]);
    await untilRows(3);
    await page.selectOption('#pool', 'reports');
    await see('#fleet-count', '2 of 3 backends');
    expect(await ids()).toEqual(['b', 'c']);
    expect([await chip.isVisible(), await chip.textContent()]).toEqual([true, 'reports']);

    const reason = 'it gets no requests: its pool files is not in the configuration';
    balancer.metrics = aFleet([aBackend('a'), aBackend('d', { pool: 'files', hasPool: false, reason })]);
    await untilRows(2);
    expect(await page.locator('tbody .why').allTextContents()).toEqual([expect.stringMatching(/^for /), reason]);
    expect(await page.locator('#pool option').allTextContents()).toEqual(['All', 'default', 'files']);
    expect(await ids()).toEqual(['a', 'd']);
  });

  it('follows a drain until nothing is in flight', async () => {
    const draining = (inFlight: number) => aFleet([aBackend('a', { state: 'draining', inFlight })]);
    balancer.metrics = draining(12);
    await page.goto(dashboard.url);
    await see('.state-cell', '12 left in flight');
    balancer.metrics = draining(1);
    await see('.state-cell', '1 left in flight');
    expect(await page.locator('tbody .state').textContent()).toBe('draining');
    balancer.metrics = draining(0);
    await see('tbody .state', 'drained');
    await see('#states', '1 drained');
  });

  it('shows which backends are full, and the number of queued requests while there are some', async () => {
    const inFlight = page.locator('tbody [data-key=inFlight]');
    const fleet = aFleet([
      aBackend('a', { inFlight: 1024, meanInFlight: 1023.6 }),
      aBackend('b', { inFlight: 12, meanInFlight: 0.42, peakInFlight: 17, maxInFlight: 1300 }),
    ]);
    balancer.metrics = { ...fleet, fleet: { ...fleet.fleet, queued: 37 } };
    await page.goto(dashboard.url);
    await see('#waiting', '+ 37 waiting');
    expect(await inFlight.locator('.amount').allTextContents()).toEqual(['1,024', '0.42']);
    expect(await inFlight.locator('.sub').allTextContents()).toEqual(['full', 'peak 17 of 1,300']);
    expect(await page.locator('tbody .full').count()).toBe(1);

    balancer.metrics = fleetOf(1, 'a');
    await untilRows(1);
    expect(await page.locator('#waiting').textContent()).toBe('');
    expect(await page.locator('tbody .full').count()).toBe(0);
  });

  it('describes the events of backends and of the fleet in words, with their figures in the tooltip', async () => {
    const events = [
      anotherEvent(1, { kind: 'renamed', backend: 'disk-1', from: 'up', to: 'up', reason: 'was known as disk-0' }),
      anEvent(2, 'disk-1', 'suspect', 'up'),
      anotherEvent(3, { kind: 'panic', reason: 'too few are up', evidence: { up: 1, backends: 3 } }),
    ];
    balancer.metrics = aFleet([aBackend('disk-1')], { events });
    await page.goto(dashboard.url);
    await see('#events li', 'panic');
    expect(await page.locator('#events .state').allTextContents()).toEqual(['panic', 'up again', 'renamed']);
    expect(await page.locator('#events b').allTextContents()).toEqual(['Fleet', 'disk-1', 'disk-1']);
    expect(await page.locator('#events li').first().getAttribute('title')).toBe('up 1, backends 3');
  });

  it('shows an id that contains HTML as text', async () => {
    const id = '<img src=x onerror="document.title=1">';
    balancer.metrics = aFleet([aBackend(id)], { events: [anEvent(7, id, null, 'up')] });
    await page.goto(dashboard.url);
    await see('tbody .id', '<img src=x');
    expect(await page.locator('tbody img, #events img').count()).toBe(0);
  });

  it('greys out the last data while the balancer is away, and recovers without a reload', async () => {
    balancer.metrics = aFleet([aBackend('disk-1')]);
    await page.goto(dashboard.url);
    await see('#status', 'Healthy');
    await balancer.stop();
    await see('#banner', 'The balancer has been unavailable');
    await see('#status', 'Unavailable');
    expect(await ids()).toEqual(['disk-1']);
    expect(await page.locator('body.stale').count()).toBe(1);
    await balancer.start();
    await see('#status', 'Healthy');
    expect(await page.locator('body.stale').count()).toBe(0);
  });

  it('sorts by the keyboard and filters a fleet of 200 backends', async () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      aBackend(`disk-${index + 1}`, { requests: index * 10, labels: { zone: index % 2 ? 'odd' : 'even' } }),
    );
    balancer.metrics = aFleet(many);
    await page.goto(dashboard.url);
    await untilRows(200);
    expect((await ids()).slice(0, 3)).toEqual(['disk-1', 'disk-2', 'disk-3']);

    await page.locator('thead [data-key=requests] button').focus();
    await page.keyboard.press('Enter');
    await page.locator('thead [aria-sort=descending][data-key=requests]').waitFor();
    await see('tbody tr:first-child .id', 'disk-200');

    await page.locator('#filter').fill('zone=odd disk-19');
    await see('#fleet-count', '5 of 200 backends');
    expect(await ids()).toEqual(['disk-198', 'disk-196', 'disk-194', 'disk-192', 'disk-190']);
  });

  const fleetOf = (requests: number, ...names: string[]) => aFleet(names.map((name) => aBackend(name, { requests })));

  it('updates the rows that exist in place', async () => {
    balancer.metrics = fleetOf(1, 'a', 'b', 'c');
    await page.goto(dashboard.url);
    await untilRows(3);
    // Text, since the compiler knows Node's libraries only, without a document.
    await page.evaluate("document.querySelectorAll('tbody tr').forEach((row, at) => (row.id = `kept-${at}`))");
    balancer.metrics = fleetOf(4321, 'b', 'c', 'd');
    await page.locator('tbody tr', { hasText: '4,321' }).nth(2).waitFor();
    const rows = await page.locator('tbody tr').evaluateAll((all) => all.map((row) => row.id));
    expect(rows).toEqual(['kept-1', 'kept-2', '']);
  });

  it.each([390, 768, 1440])('fits a screen of %i px without scrolling sideways', async (width) => {
    balancer.metrics = aFleet([aBackend('a-backend-with-quite-a-long-name.example.internal:8080'), aBackend('b')]);
    await page.setViewportSize({ width, height: 900 });
    await page.goto(dashboard.url);
    await untilRows(2);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  it('shows every column of the fleet on a laptop without scrolling', async () => {
    balancer.metrics = aFleet([aBackend('cpu-1.racks.example.internal:8080'), aBackend('b')]);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(dashboard.url);
    await untilRows(2);
    const [needed, given] = (await page
      .locator('.scroll')
      .evaluate((box) => [box.scrollWidth, box.clientWidth])) as number[];
    expect(needed).toBe(given);
  });
});
