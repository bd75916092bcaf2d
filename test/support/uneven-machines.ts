// Machines that work on one request after another, each at its own speed, and load for them.
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Balancer } from './processes.js';
import { httpUpstream } from './upstreams.js';

/** Units of work, by path. */
const PAGES = { '/page': 1, '/report': 4 };

/** Starts a machine, which responds with `headers`; returns its port. */
export async function machine(msPerUnit: number, headers: Record<string, string> = {}): Promise<number> {
  let isFree: Promise<unknown> = Promise.resolve();
  const { port } = await httpUpstream(({ url }, response) => {
    const units = PAGES[url as keyof typeof PAGES] ?? 0;
    isFree = isFree.then(() => wait(msPerUnit * units)).then(() => response.writeHead(200, headers).end());
  });
  return port;
}

/** How load comes. */
interface LoadOptions {
  readonly headers?: Record<string, string>;
  /** How many requests are sent at once. */
  readonly clients?: number;
}

/** Sends requests for the pages in turn. */
export async function loadOf(
  { url }: Balancer,
  requests: number,
  { headers = {}, clients = 4 }: LoadOptions = {},
): Promise<void> {
  const pages = Object.keys(PAGES);
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const response = await fetch(url + pages[next++ % pages.length], { headers });
      await response.arrayBuffer();
      expect(response.status).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}
