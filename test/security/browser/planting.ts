// Markup in what strangers name. The pages that show it to an operator must show it as text.
import type { Page } from 'playwright-core';
import { WireClient } from '../../differential/wire-client.ts';
import { get } from '../../support/http-text.ts';
import type { Check } from '../attack.ts';
import { sendTo } from '../registrations/control-plane-client.ts';
import type { Target } from '../target.ts';

/** Markup that runs where it is shown as it is. */
const MARKUP = '<img src=x onerror="window.planted=1"><script>window.planted=1</script>';

/** Markup in what strangers name: paths of requests, labels and ping paths of backends. No page that shows them runs it. */
export async function plantings(target: Target, page: Page, dashboard: string): Promise<Check[]> {
  const { control } = target.balancer;
  const client = await WireClient.open(target.port);
  client.send(get(`/${MARKUP.replaceAll(' ', '/')}`), 'GET');
  await target.got(client, () => client.answeredCount > 0);
  client.socket.destroy();
  const pingPath = `/${MARKUP.replaceAll(' ', '/')}`;
  const body = JSON.stringify({
    id: 'attack',
    port: 1,
    resources: { compute: 1, storage: 1 },
    pingPath,
    labels: { a: MARKUP },
  });
  const { status } = await sendTo(control, {
    path: '/api/v1/backends',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const checks: Check[] = [{ name: 'markup can be planted', problem: status === 201 ? undefined : `status ${status}` }];
  for (const url of [
    `${dashboard}/`,
    `${dashboard}/status`,
    `${dashboard}/request-log`,
    `${control}/api/v1/backends`,
    `${control}/metrics`,
  ]) {
    await page.goto(url);
    // The live page shows a backend once it has heard of it.
    if (url === `${dashboard}/`) await page.locator('tbody .id', { hasText: 'attack' }).waitFor();
    const hasRun = await page.evaluate('window.planted === 1');
    checks.push({ name: `markup in ${new URL(url).pathname}`, problem: hasRun ? 'it ran' : undefined });
  }
  return checks;
}
