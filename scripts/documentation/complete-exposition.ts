// Has a balancer expose each of its metrics: with a backend, and after a request.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The variables of a balancer that has all metrics, besides those of its certificate. */
export const ALL_METRICS = { METRICS_BACKEND_HISTOGRAMS: 'true', METRICS_MAX_AGE_SECONDS: '0' };

const POLL_MS = 20;

/**
 * Registers a backend, sends a request, and returns what the balancer exposes then.
 *
 * @param control the address of its control plane.
 * @param clients where it serves clients.
 */
export async function completeExposition(control: string, clients: string): Promise<string> {
  const backend = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  try {
    const { port } = backend.address() as AddressInfo;
    await fetch(`${control}/api/v1/backends`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'a', url: `http://127.0.0.1:${port}`, resources: { compute: 1, storage: 1 } }),
    });
    while ((await (await fetch(clients)).text()) !== '') await sleep(POLL_MS);
    for (;;) {
      const text = await (await fetch(`${control}/metrics`)).text();
      if (text.includes('fairlead_time_to_first_byte_seconds_count')) return text;
      await sleep(POLL_MS);
    }
  } finally {
    backend.close();
    backend.closeAllConnections();
  }
}
