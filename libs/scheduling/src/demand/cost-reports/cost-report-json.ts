// Reads cost reports of the form `JSON {"request_cost": {"compute": 3, "storage": 1}}`: protobuf's JSON mapping.
import { parseDecimal, type CostEntries, type GaugeField, type MapField } from './cost-entries.js';

/** The spellings of each field that protobuf's JSON mapping accepts. */
const MAP_FIELDS: ReadonlyMap<string, MapField> = new Map([
  ['request_cost', 'request_cost'],
  ['requestCost', 'request_cost'],
  ['utilization', 'utilization'],
]);
const GAUGE_FIELDS: ReadonlyMap<string, GaugeField> = new Map([
  ['cpu_utilization', 'cpu_utilization'],
  ['cpuUtilization', 'cpu_utilization'],
  ['mem_utilization', 'mem_utilization'],
  ['memUtilization', 'mem_utilization'],
]);

/** An ORCA report nests its fields one object deep. Anything nested deeper than this is not a report. */
const MAX_DEPTH = 16;

/** A JSON string, and the colon after it if it is a key. One without an end matches to the end of the text. */
const STRING_OR_KEY = /"(?:[^"\\]|\\.)*(?:"(\s*:)?|\\?$)/gs;

/** Adds the numbers of a report in JSON to `entries`. */
export function readJsonEntries(body: string, entries: CostEntries): void {
  const report = parseObject(body);
  if (report === undefined) return entries.reject('malformed');
  const parsedKeyCount = countParsedKeys(report);
  if (Number.isNaN(parsedKeyCount)) return entries.reject('malformed');
  if (countWrittenKeys(body) !== parsedKeyCount) return entries.reject('duplicate');
  for (const [key, value] of Object.entries(report)) {
    const gauge = GAUGE_FIELDS.get(key);
    if (gauge !== undefined) entries.addGauge(gauge, parseAmount(value));
    const field = MAP_FIELDS.get(key);
    if (field === undefined) continue;
    if (!isObject(value)) return entries.reject('malformed');
    for (const [name, amount] of Object.entries(value)) entries.add(field, name, parseAmount(amount));
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

/** Parses an amount: the mapping writes a double as a number or as a string. */
function parseAmount(amount: unknown): number {
  if (typeof amount === 'number') return amount;
  return typeof amount === 'string' ? parseDecimal(amount) : NaN;
}

/** Counts the keys in the text, to detect duplicates: `JSON.parse` silently keeps the last of equal keys. */
function countWrittenKeys(body: string): number {
  let keys = 0;
  for (const [, colon] of body.matchAll(STRING_OR_KEY)) if (colon !== undefined) keys++;
  return keys;
}

/** Counts the keys of a parsed value, at all levels. NaN, which equals no count, below MAX_DEPTH levels. */
function countParsedKeys(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === MAX_DEPTH) return NaN;
  const ownKeys = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((total: number, member) => total + countParsedKeys(member, depth + 1), ownKeys);
}
