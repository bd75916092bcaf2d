// The live page in Chromium, with backends that declared nothing of their resources.
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROMIUM_FLAGS } from '../support/chromium.js';
import { describeWith } from '../support/programs.js';
import { type Dashboard, startDashboard } from './dashboard-process.js';
import { FakeMetricsServer } from './fake-metrics-server.js';
import { aBackend, aFleet } from './fleet-fixtures.js';

describeWith('chromium', 'the live page of a fleet that declares only in part', (executablePath) => {
  let browser: Browser;
  let balancer: FakeMetricsServer;
  let dashboard: Dashboard;

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

  it('shows no queues of a backend that declared nothing, neither as bars nor as a dot', async () => {
    const undeclared = aBackend('plain', { capacity: undefined, peakInFlight: 0, meanInFlight: 0 });
    balancer.metrics = aFleet([aBackend('sized'), undeclared]);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(dashboard.url);
    const cells = page.locator('tbody tr', { hasText: 'plain' }).locator('.share');
    await cells.first().waitFor();
    expect(await cells.allTextContents()).toEqual(['not declared', 'not declared']);
    expect(await cells.first().getAttribute('title')).toContain('counts as a median backend of its pool');
    const shares = await cells
      .locator('.fill')
      .evaluateAll((all) => all.map((fill) => fill.style.getPropertyValue('--full')));
    expect(shares).toEqual(['0.000', '0.000']);
    expect(await cells.locator('.peak:visible').count()).toBe(0);
    expect(await page.locator('#balance-plane .dot title').allTextContents()).toEqual(['sized (up)']);
    expect(await page.locator('tbody .spare').allTextContents()).toEqual(['', '']);
    expect(await page.locator('#queued').textContent()).toMatch(/^compute 0\.2\d? s/);

    balancer.metrics = aFleet([undeclared]);
    await page.locator('#queued', { hasText: 'resources not declared' }).waitFor();
    expect(await page.locator('#balance-plane').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });
});
