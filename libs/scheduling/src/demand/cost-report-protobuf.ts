// Reads cost reports of the form `BIN <base64>`: an `xds.data.orca.v3.OrcaLoadReport` in protobuf's binary encoding.
import { BinaryReader, WireType, base64Decode } from '@bufbuild/protobuf/wire';
import type { CostEntries, CostField } from './cost-entries.js';

/**
 * The fields with costs, by number. The others, from cpu_utilization = 1 to application_utilization = 9, are skipped.
 */
const FIELDS: ReadonlyMap<number, CostField> = new Map([
  [4, 'request_cost'],
  [8, 'named_metrics'],
]);

/** RFC 4648 §4 with or without padding. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Adds the costs of a report in base64 to `entries`. */
export function readProtobufEntries(body: string, entries: CostEntries): void {
  if (body === '') return entries.reject('empty');
  if (!BASE64.test(body)) return entries.reject('malformed');
  try {
    readMessage(new BinaryReader(base64Decode(body)), entries);
  } catch {
    entries.reject('malformed');
  }
}

function readMessage(reader: BinaryReader, entries: CostEntries): void {
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = FIELDS.get(number);
    if (field === undefined) reader.skip(wireType, number);
    else if (wireType === WireType.LengthDelimited) readMapEntry(reader.bytes(), field, entries);
    else throw new RangeError(`field ${number} must be length-delimited, got wire type ${wireType}`);
  }
}

/** An entry of `map<string, double>` is a message of a key, field 1, and a value, field 2. */
function readMapEntry(bytes: Uint8Array, field: CostField, entries: CostEntries): void {
  const reader = new BinaryReader(bytes);
  let name = '';
  let amount = 0;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1 && wireType === WireType.LengthDelimited) name = reader.string();
    else if (number === 2 && wireType === WireType.Bit64) amount = reader.double();
    else reader.skip(wireType, number);
  }
  entries.add(field, name, amount);
}
