// Checks that a contender responds correctly before anything is timed.
import type { Pool } from 'undici';
import type { BackendAddress } from '../contenders/contender.js';
import { openPool } from './client.js';
import { headersOf, pathOf, type Arrival } from './work.js';

/** The fields of a backend's response that the race reads. */
interface JobReport {
  readonly backend: string;
  readonly demand: { readonly compute: number; readonly storage: number };
}

/**
 * Sends a sample of the traffic concurrently. Each response must come from a backend of the fleet that received the
 * request's demand, and more than one backend must have served requests.
 *
 * @throws {Error} saying what is wrong.
 */
export async function validate(
  title: string,
  port: number,
  fleet: readonly BackendAddress[],
  sample: readonly Arrival[],
): Promise<void> {
  const pool = openPool(port);
  try {
    const backends = await Promise.all(sample.map(({ demand }) => servedBy(title, pool, demand)));
    const served = new Set(backends);
    const unknown = backends.find((backend) => !fleet.some(({ id }) => id === backend));
    if (unknown !== undefined) throw new Error(`${title}: a response came from ${unknown}, which is not in the fleet`);
    if (served.size < 2) throw new Error(`${title}: one backend served all ${sample.length} requests`);
  } finally {
    await pool.destroy();
  }
}

async function servedBy(title: string, pool: Pool, demand: readonly number[]): Promise<string> {
  const { statusCode, body } = await pool.request({ method: 'GET', path: pathOf(demand), headers: headersOf(demand) });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${title}: responded ${statusCode}: ${text.slice(0, 200)}`);
  const report = JSON.parse(text) as JobReport;
  const { compute, storage } = report.demand;
  if (compute !== demand[0] || storage !== demand[1]) {
    throw new Error(`${title}: a request of demand ${demand.join(', ')} arrived as ${compute}, ${storage}`);
  }
  return report.backend;
}
