// Cost reports of the form `JSON {"request_cost": {"compute": 3, "storage": 1}}`: protobuf's JSON mapping.
import { decimal, type CostEntries, type CostField } from './cost-entries.js';

/** Both spellings of a field that protobuf's JSON mapping takes. */
const FIELDS: ReadonlyMap<string, CostField> = new Map([
  ['request_cost', 'request_cost'],
  ['requestCost', 'request_cost'],
  ['named_metrics', 'named_metrics'],
  ['namedMetrics', 'named_metrics'],
]);

/** An ORCA report nests its fields one object deep; whatever is nested deeper than this is not a report. */
const MAX_DEPTH = 16;

/** A JSON string, and the colon behind it if it is a key. */
const STRING_OR_KEY = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** Adds the costs of a report in JSON to `entries`. */
export function readJsonEntries(body: string, entries: CostEntries): void {
  const report = parseObject(body);
  if (report === undefined) return entries.spoil('malformed');
  const kept = keptKeys(report);
  if (Number.isNaN(kept)) return entries.spoil('malformed');
  if (writtenKeys(body) !== kept) return entries.spoil('duplicate');
  for (const [key, amounts] of Object.entries(report)) {
    const field = FIELDS.get(key);
    if (field === undefined) continue;
    if (!isObject(amounts)) return entries.spoil('malformed');
    for (const [name, amount] of Object.entries(amounts)) entries.add(field, name, numberOf(amount));
  }
}

function parseObject(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping writes a double as a number or as a string. */
function numberOf(amount: unknown): number {
  if (typeof amount === 'number') return amount;
  return typeof amount === 'string' ? decimal(amount) : NaN;
}

/** How many keys the text has. `JSON.parse` keeps the last of equal ones and tells nobody. */
function writtenKeys(body: string): number {
  let keys = 0;
  for (const [, colon] of body.matchAll(STRING_OR_KEY)) if (colon !== undefined) keys++;
  return keys;
}

/** How many keys a parsed value has, in all levels. NaN, which equals no count, when it is nested deeper than {@link MAX_DEPTH}. */
function keptKeys(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === MAX_DEPTH) return NaN;
  const ownKeys = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((total: number, member) => total + keptKeys(member, depth + 1), ownKeys);
}
