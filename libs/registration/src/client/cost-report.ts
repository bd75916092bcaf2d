// Reports to the balancer what a request cost the backend, in a response header of the ORCA standard.
import type { ResourceAmounts } from '@fairlead/contracts';
import type { OutgoingMessage } from 'node:http';

/** The response header that carries an ORCA load report. The balancer strips it before the client sees the response. */
const COST_REPORT_HEADER = 'endpoint-load-metrics';

/**
 * Returns the value of {@link COST_REPORT_HEADER} for a request that cost these units of each resource: the JSON form
 * of `OrcaLoadReport.request_cost`, such as `JSON {"request_cost":{"compute":3,"storage":1}}`.
 *
 * Source: xds.data.orca.v3.OrcaLoadReport; the `JSON ` prefix is Envoy's native form of the header.
 *
 * @param utilization the part of each resource that is in use on this backend now, 0 to 1: `OrcaLoadReport.utilization`.
 * @throws {RangeError} when an amount is negative or not finite.
 */
export function costReportHeader(cost: ResourceAmounts, utilization: ResourceAmounts = {}): string {
  expectAmounts('cost', cost);
  expectAmounts('utilization', utilization);
  const isBusyKnown = Object.keys(utilization).length > 0;
  return `JSON ${JSON.stringify({ request_cost: cost, ...(isBusyKnown && { utilization }) })}`;
}

/**
 * Sets the cost report of a response. Call it before the head is sent; with Fastify, pass `reply.raw`.
 *
 * @param utilization the part of each resource that is in use on this backend now, 0 to 1, as far as it is known.
 * @throws {RangeError} when `costReportHeader` does.
 * @throws {Error} `ERR_HTTP_HEADERS_SENT` when the head was already sent.
 */
export function reportCost(
  response: Pick<OutgoingMessage, 'setHeader'>,
  cost: ResourceAmounts,
  utilization?: ResourceAmounts,
): void {
  response.setHeader(COST_REPORT_HEADER, costReportHeader(cost, utilization));
}

function expectAmounts(what: string, amounts: ResourceAmounts): void {
  for (const [resource, amount] of Object.entries(amounts)) {
    if (!(Number.isFinite(amount) && amount >= 0)) {
      throw new RangeError(`the ${what} of ${resource} must be a finite number of at least 0, got ${amount}`);
    }
  }
}
