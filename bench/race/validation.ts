// Before anything is timed: does a contender answer rightly?
import type { Pool } from 'undici';
import type { BackendAddress } from '../contenders/contender.js';
import { openPool } from './client.js';
import { headersOf, pathOf, type Arrival } from './work.js';

/** What a backend's answer tells, as far as the race asks. */
interface JobReport {
  readonly backend: string;
  readonly demand: { readonly compute: number; readonly storage: number };
}

/**
 * Sends some requests of the coming traffic at once. Each must be answered by a backend of the fleet that was given the
 * request's demand, and more than one backend must have answered.
 *
 * @throws {Error} a sentence on what is wrong.
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
    const stranger = backends.find((backend) => !fleet.some(({ id }) => id === backend));
    if (stranger !== undefined) throw new Error(`${title}: an answer came from ${stranger}, not of the fleet`);
    if (served.size < 2) throw new Error(`${title}: one backend answered all of ${sample.length} requests`);
  } finally {
    await pool.destroy();
  }
}

async function servedBy(title: string, pool: Pool, demand: readonly number[]): Promise<string> {
  const { statusCode, body } = await pool.request({ method: 'GET', path: pathOf(demand), headers: headersOf(demand) });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${title}: answered ${statusCode}: ${text.slice(0, 200)}`);
  const report = JSON.parse(text) as JobReport;
  const { compute, storage } = report.demand;
  if (compute !== demand[0] || storage !== demand[1]) {
    throw new Error(`${title}: a request of demand ${demand.join(', ')} arrived as ${compute}, ${storage}`);
  }
  return report.backend;
}
