// Reads what a backend reports in its response head, what the request cost and how busy it is: ORCA, in every form in use.
//
// Sources: xds/data/orca/v3/orca_load_report.proto in cncf/xds; the forms of the header as read by Envoy's
// source/common/orca.
import { CostEntries, type CostReport } from './cost-entries.js';
import { readJsonEntries } from './cost-report-json.js';
import { readProtobufEntries } from './cost-report-protobuf.js';
import { readTextEntries } from './cost-report-text.js';

/** The response header with a report in any form: `JSON {…}`, `TEXT k=v, …` or `BIN <base64>`. */
export const COST_REPORT_HEADER = 'endpoint-load-metrics';
/** The older response header with a report in base64 only. */
export const BINARY_COST_REPORT_HEADER = 'endpoint-load-metrics-bin';

/** Maximum length of a report. Characters. */
const MAX_REPORT_CHARACTERS = 8 * 1024;

const READERS: Readonly<Record<string, (body: string, entries: CostEntries) => void>> = {
  JSON: readJsonEntries,
  TEXT: readTextEntries,
  BIN: readProtobufEntries,
};

/** Parses a value of {@link COST_REPORT_HEADER}. Never throws. */
export function parseCostReport(value: string): CostReport {
  const space = value.indexOf(' ');
  const form = value.slice(0, space);
  if (space === -1 || !Object.hasOwn(READERS, form)) return { ok: false, reason: 'unknown-form' };
  return read(value.slice(space + 1), READERS[form]);
}

/** Parses a value of {@link BINARY_COST_REPORT_HEADER}. Never throws. */
export function parseBinaryCostReport(value: string): CostReport {
  return read(value, readProtobufEntries);
}

function read(body: string, reader: (body: string, entries: CostEntries) => void): CostReport {
  if (body.length > MAX_REPORT_CHARACTERS) return { ok: false, reason: 'too-large' };
  const entries = new CostEntries();
  try {
    reader(body.trim(), entries);
  } catch {
    // The input comes from a backend, so a bug in a reader must not end the process.
    entries.reject('malformed');
  }
  return entries.report();
}
