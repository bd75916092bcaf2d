// Builds the header fields that a route sets, adds and removes, and refuses those that are not a route's to change.
import type { FieldPath, Problems } from '../document/problems.js';
import type { HeaderChanges } from '../route-config.js';
import type { RouteInFile } from '../schema/route-schema.js';

/** The direction of the messages. */
export type HeaderField = 'requestHeaders' | 'responseHeaders';

const ONE_CONNECTION = 'it belongs to one connection, and the balancer sets its own on each side';
const FRAMING = 'it says where the message ends, and the balancer sets it from the body';
const FORWARDED = 'the balancer sets it; TRUSTED_PROXIES says whose are continued';
const REQUEST_ID = 'the balancer sets it; REQUEST_ID=off turns it off';

/** Fields that no route may change, in lower case, and why, or what does it instead. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'http2-settings'].map(
    (name) => [name, ONE_CONNECTION] as const,
  ),
  ...['proxy-authenticate', 'proxy-authorization'].map((name) => [name, ONE_CONNECTION] as const),
  ['content-length', FRAMING],
  ['transfer-encoding', FRAMING],
  ['via', 'the balancer adds itself to it, to find loops'],
  ['x-request-id', REQUEST_ID],
]);

const RESERVED_IN_REQUESTS: ReadonlyMap<string, string> = new Map([
  ['host', 'use rewrite.host instead'],
  ['expect', 'the balancer responds to it'],
  ...['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded'].map(
    (name) => [name, FORWARDED] as const,
  ),
  ['x-client-cert-subject', FORWARDED],
  ['fairlead-demand', 'use demand instead'],
]);

/** A token (RFC 9110, section 5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;
const NAME_FORM = 'must be the name of a header field: letters, digits and "-", no spaces and colons';
/** Visible ASCII with spaces and tabs between (RFC 9110, section 5.5). Other bytes are read differently by servers. */
const VALUE = /^([\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?)?$/;
const VALUE_FORM = 'must be printable ASCII in one line, without spaces at its ends';

/** The changes of one direction. `path` is where they are in the file. */
export function buildHeaderChanges(
  direction: HeaderField,
  file: NonNullable<RouteInFile[HeaderField]>,
  path: FieldPath,
  problems: Problems,
): HeaderChanges {
  const { set = {}, add = {}, remove = [] } = file;
  const check = (name: string, at: FieldPath, part: 'key' | 'value') => {
    const reason = reservedReason(direction, name.toLowerCase());
    if (!NAME.test(name)) problems.add(at, NAME_FORM, { given: name, at: part });
    else if (reason !== undefined) problems.add(at, `must not be changed: ${reason}`, { at: part });
  };
  for (const [i, name] of remove.entries())
    check(name, [...path, 'remove', ...(remove.length > 1 ? [i] : [])], 'value');
  const names = new Map<string, string>();
  for (const [name, value] of Object.entries(set)) {
    const at = [...path, 'set', name];
    check(name, at, 'key');
    const before = names.get(name.toLowerCase());
    if (before !== undefined) problems.add(at, `is the same field as ${before}: case does not count`, { at: 'key' });
    names.set(name.toLowerCase(), name);
    checkValue(value, at, problems);
  }
  for (const [name, values] of Object.entries(add)) {
    const at = [...path, 'add', name];
    check(name, at, 'key');
    for (const [i, value] of values.entries()) checkValue(value, values.length > 1 ? [...at, i] : at, problems);
  }
  return {
    remove: remove.map((name) => name.toLowerCase()),
    set: Object.entries(set),
    add: Object.entries(add).flatMap(([name, values]) => values.map((value) => [name, value] as const)),
  };
}

function checkValue(value: string, at: FieldPath, problems: Problems): void {
  if (!VALUE.test(value)) problems.add(at, VALUE_FORM, { given: value });
}

function reservedReason(direction: HeaderField, name: string): string | undefined {
  return RESERVED.get(name) ?? (direction === 'requestHeaders' ? RESERVED_IN_REQUESTS.get(name) : undefined);
}

/** Whether `name` can be that of a header field. */
export function isFieldName(name: string): boolean {
  return NAME.test(name);
}
