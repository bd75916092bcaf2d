// Collects and validates the amounts of one cost report while a reader parses it.

/** Why a report is ignored. */
export type CostReportFault = 'unknown-form' | 'too-large' | 'malformed' | 'duplicate' | 'out-of-range' | 'empty';

/** The result of reading a report: units by resource name, or the reason it was ignored. */
export type CostReport =
  | { readonly ok: true; readonly cost: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly reason: CostReportFault };

/** Maximum units of a resource per request. Larger amounts are errors or attacks. */
const MAX_AMOUNT = 1e6;

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Collects the amounts of a report. The first fault rejects the whole report, because the rest cannot be trusted
 * either.
 */
export class CostEntries {
  private readonly cost = new Map<string, number>();
  private fault: CostReportFault | undefined;

  /** Adds one amount of `request_cost`, in units of the resource `name`. */
  add(name: string, amount: number): void {
    if (name === '') this.reject('malformed');
    if (this.cost.has(name)) this.reject('duplicate');
    const isInRange = amount >= 0 && amount <= MAX_AMOUNT;
    if (!isInRange) this.reject('out-of-range');
    this.cost.set(name, amount);
  }

  /** Rejects the report. Only the first fault is kept. */
  reject(fault: CostReportFault): void {
    this.fault ??= fault;
  }

  /** Returns the report. */
  report(): CostReport {
    if (this.fault !== undefined) return { ok: false, reason: this.fault };
    return this.cost.size === 0 ? { ok: false, reason: 'empty' } : { ok: true, cost: this.cost };
  }
}

/** Parses a decimal number. Returns NaN for any other text, such as `0x10`, `1_000`, `Infinity` or the empty string. */
export function parseDecimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : NaN;
}
