// Collects and validates the numbers of one cost report while a reader parses it.

/** Why a report is ignored. */
export type CostReportFault = 'unknown-form' | 'too-large' | 'malformed' | 'duplicate' | 'out-of-range' | 'empty';

/** The result of reading a report, or the reason it was ignored. */
export type CostReport =
  ({ readonly ok: true } & ReportedLoad) | { readonly ok: false; readonly reason: CostReportFault };

/** What a report says: what the request cost, and how busy the backend is. */
export interface ReportedLoad {
  /** `request_cost`: units, by resource name. */
  readonly cost: ReadonlyMap<string, number>;
  /** `utilization`: the part of a resource that is in use, by resource name. Above 1 over a soft limit. */
  readonly utilization: ReadonlyMap<string, number>;
  /** `cpu_utilization` and `mem_utilization`, by field. */
  readonly gauges: ReadonlyMap<GaugeField, number>;
}

/** The fields of `OrcaLoadReport` that are one number for the whole backend, and of use here. */
export type GaugeField = 'cpu_utilization' | 'mem_utilization';

/** The fields of `OrcaLoadReport` that are numbers by resource name, and of use here. `named_metrics` mean nothing here. */
export type MapField = 'request_cost' | 'utilization';

/** Maximum units of a resource per request, and maximum utilization. Larger numbers are errors or attacks. */
const MAX_AMOUNT = 1e6;

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Collects the numbers of a report. The first fault rejects the whole report, because the rest cannot be trusted
 * either.
 */
export class CostEntries {
  private readonly cost = new Map<string, number>();
  private readonly utilization = new Map<string, number>();
  private readonly gauges = new Map<GaugeField, number>();
  private fault: CostReportFault | undefined;

  /** Adds one number of a field that has them by resource name. */
  add(field: MapField, name: string, amount: number): void {
    if (name === '') this.reject('malformed');
    this.set(field === 'request_cost' ? this.cost : this.utilization, name, amount);
  }

  /** Adds a field that is one number. */
  addGauge(field: GaugeField, utilization: number): void {
    this.set(this.gauges, field, utilization);
  }

  /** Rejects the report. Only the first fault is kept. */
  reject(fault: CostReportFault): void {
    this.fault ??= fault;
  }

  /** Returns the report. */
  report(): CostReport {
    const { fault, cost, utilization, gauges } = this;
    if (fault !== undefined) return { ok: false, reason: fault };
    if (cost.size + utilization.size + gauges.size === 0) return { ok: false, reason: 'empty' };
    return { ok: true, cost, utilization, gauges };
  }

  private set<Name>(amounts: Map<Name, number>, name: Name, amount: number): void {
    if (amounts.has(name)) this.reject('duplicate');
    const isInRange = amount >= 0 && amount <= MAX_AMOUNT;
    if (!isInRange) this.reject('out-of-range');
    amounts.set(name, amount);
  }
}

/** Parses a decimal number. Returns NaN for any other text, such as `0x10`, `1_000`, `Infinity` or the empty string. */
export function parseDecimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : NaN;
}
