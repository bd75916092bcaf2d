// Reads cost reports of the form `BIN <base64>`: an `xds.data.orca.v3.OrcaLoadReport` in protobuf's binary encoding.
import { BinaryReader, WireType, base64Decode } from '@bufbuild/protobuf/wire';
import type { CostEntries, GaugeField, MapField } from './cost-entries.js';

/** The fields that are of use here, by number. The others, from rps = 3 to application_utilization = 9, are skipped. */
const MAP_FIELDS: ReadonlyMap<number, MapField> = new Map([
  [4, 'request_cost'],
  [5, 'utilization'],
]);
const GAUGE_FIELDS: ReadonlyMap<number, GaugeField> = new Map([
  [1, 'cpu_utilization'],
  [2, 'mem_utilization'],
]);

/** RFC 4648 §4 with or without padding. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Adds the numbers of a report in base64 to `entries`. */
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
    const field = MAP_FIELDS.get(number);
    const gauge = GAUGE_FIELDS.get(number);
    if (field !== undefined) {
      expectWireType(number, wireType, WireType.LengthDelimited);
      readMapEntry(reader.bytes(), field, entries);
    } else if (gauge !== undefined) {
      expectWireType(number, wireType, WireType.Bit64);
      entries.addGauge(gauge, reader.double());
    } else reader.skip(wireType, number);
  }
}

function expectWireType(number: number, wireType: WireType, expected: WireType): void {
  if (wireType !== expected) throw new RangeError(`field ${number} must have wire type ${expected}, got ${wireType}`);
}

/** An entry of `map<string, double>` is a message of a key, field 1, and a value, field 2. */
function readMapEntry(bytes: Uint8Array, field: MapField, entries: CostEntries): void {
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
