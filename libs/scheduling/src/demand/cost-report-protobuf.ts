// Reads cost reports of the form `BIN <base64>`: an `xds.data.orca.v3.OrcaLoadReport` in protobuf's binary encoding.
import { BinaryReader, WireType, base64Decode } from '@bufbuild/protobuf/wire';
import type { CostEntries } from './cost-entries.js';

/** The number of the field `request_cost`. The others, from cpu_utilization = 1 to application_utilization = 9, are skipped. */
const COST_FIELD = 4;

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
    if (number !== COST_FIELD) reader.skip(wireType, number);
    else if (wireType === WireType.LengthDelimited) readMapEntry(reader.bytes(), entries);
    else throw new RangeError(`field ${number} must be length-delimited, got wire type ${wireType}`);
  }
}

/** An entry of `map<string, double>` is a message of a key, field 1, and a value, field 2. */
function readMapEntry(bytes: Uint8Array, entries: CostEntries): void {
  const reader = new BinaryReader(bytes);
  let name = '';
  let amount = 0;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1 && wireType === WireType.LengthDelimited) name = reader.string();
    else if (number === 2 && wireType === WireType.Bit64) amount = reader.double();
    else reader.skip(wireType, number);
  }
  entries.add(name, amount);
}
