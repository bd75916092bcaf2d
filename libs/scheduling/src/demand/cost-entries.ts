// The amounts of one cost report, checked one by one as a form's reader finds them.

/** Why a report is ignored. */
export type CostReportFault = 'unknown-form' | 'too-large' | 'malformed' | 'duplicate' | 'out-of-range' | 'empty';

/** A report that was read, amounts in units of the resource by its name; or why it was not. */
export type CostReport =
  | { readonly ok: true; readonly cost: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly reason: CostReportFault };

/** The fields of `OrcaLoadReport` that say what a request cost. The first is meant for it; the second stands in. */
export type CostField = 'request_cost' | 'named_metrics';

/** No request costs more units of anything; what does is an error or an attack. */
const MAX_AMOUNT = 1e6;

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Collects the amounts of a report. The first fault spoils it: what cannot be trusted in part is ignored as a whole. */
export class CostEntries {
  private readonly amounts = { request_cost: new Map<string, number>(), named_metrics: new Map<string, number>() };
  private fault: CostReportFault | undefined;

  add(field: CostField, name: string, amount: number): void {
    const amounts = this.amounts[field];
    if (name === '') this.spoil('malformed');
    if (amounts.has(name)) this.spoil('duplicate');
    const isInRange = amount >= 0 && amount <= MAX_AMOUNT;
    if (!isInRange) this.spoil('out-of-range');
    amounts.set(name, amount);
  }

  spoil(fault: CostReportFault): void {
    this.fault ??= fault;
  }

  /** The report. Where both fields name a resource, `request_cost` holds. */
  report(): CostReport {
    if (this.fault !== undefined) return { ok: false, reason: this.fault };
    const cost = new Map([...this.amounts.named_metrics, ...this.amounts.request_cost]);
    return cost.size === 0 ? { ok: false, reason: 'empty' } : { ok: true, cost };
  }
}

/** A decimal number as text, NaN for anything else: not `0x10`, `1_000`, `Infinity` or the empty string. */
export function decimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : NaN;
}
