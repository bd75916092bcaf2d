// Reads cost reports of the form `TEXT cpu_utilization=0.3, request_cost.compute=3, request_cost.storage=1`.
import { parseDecimal, type CostEntries } from './cost-entries.js';

/** Adds the numbers of a list of `key=value` to `entries`. Keys of other fields are allowed, once each. */
export function readTextEntries(body: string, entries: CostEntries): void {
  const keys = new Set<string>();
  for (const pair of body.split(',')) {
    const equals = pair.indexOf('=');
    if (equals === -1) return entries.reject(body === '' ? 'empty' : 'malformed');
    const key = pair.slice(0, equals).trim();
    if (keys.has(key)) return entries.reject('duplicate');
    keys.add(key);
    const dot = key.indexOf('.');
    const field = key.slice(0, dot);
    const amount = parseDecimal(pair.slice(equals + 1).trim());
    if (field === 'request_cost' || field === 'utilization') entries.add(field, key.slice(dot + 1), amount);
    else if (key === 'cpu_utilization' || key === 'mem_utilization') entries.addGauge(key, amount);
  }
}
