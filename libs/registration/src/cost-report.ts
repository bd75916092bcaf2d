// What a request cost the backend, told to the balancer in a response header of the ORCA standard.
import type { ResourceAmounts } from '@fairlead/contracts';
import type { OutgoingMessage } from 'node:http';

/** The response header that carries an ORCA load report. The balancer strips it before the client sees the response. */
export const COST_REPORT_HEADER = 'endpoint-load-metrics';

/**
 * The value of {@link COST_REPORT_HEADER} for a request that cost so many units of each resource: the JSON form of
 * `OrcaLoadReport.request_cost`, such as `JSON {"request_cost":{"compute":3,"storage":1}}`.
 *
 * Source: xds.data.orca.v3.OrcaLoadReport; the `JSON ` prefix is Envoy's native form of the header.
 *
 * @throws {RangeError} when an amount is no finite number from 0 up: JSON could not carry it.
 */
export function costReportHeader(cost: ResourceAmounts): string {
  for (const [resource, units] of Object.entries(cost)) {
    if (!(Number.isFinite(units) && units >= 0)) {
      throw new RangeError(`the cost in ${resource} must be a finite number from 0 up, got ${units}`);
    }
  }
  return `JSON ${JSON.stringify({ request_cost: cost })}`;
}

/**
 * Puts the cost report on a response. Call it before the head is sent; under Fastify hand over `reply.raw`.
 *
 * @throws {RangeError} as {@link costReportHeader} does.
 * @throws {Error} `ERR_HTTP_HEADERS_SENT` when the head is out already.
 */
export function reportCost(response: Pick<OutgoingMessage, 'setHeader'>, cost: ResourceAmounts): void {
  response.setHeader(COST_REPORT_HEADER, costReportHeader(cost));
}
