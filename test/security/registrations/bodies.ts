// Bodies of registrations that a parser, a validator or an operator could stumble over.
import {
  ACCEPTED,
  REFUSED,
  FORBIDDEN,
  RESOURCES,
  original,
  registration,
  withFields,
  type RegistrationCase,
} from './case.ts';

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const within = (value: string) => `{"port": 1, "resources": ${value}}`;
const GOOD = JSON.stringify({ id: 'attack', port: 1, resources: RESOURCES });
const [COMPUTE, STORAGE] = ['"compute": 10', '"storage": 10'];

const json: readonly RegistrationCase[] = [
  ...['', ' ', '{', '}', '[', '[]', '[1]', 'null', 'true', '0', '"text"', '{}{}', '{"a": }', "{'a': 1}", '{a: 1}'].map(
    (text) => registration(`body ${JSON.stringify(text)}`, text),
  ),
  ...['NaN', 'Infinity', '-1', '1e999', '1e308', '-0.5', '"10"', 'null', 'true', '[]', '{}', '0x10', '01', '1_0'].map(
    (number) => registration(`capacity ${number}`, within(`{"compute": ${number}, ${STORAGE}}`)),
  ),
  registration('no capacity at all', within('{"compute": 0, "storage": 0}')),
  registration('a capacity of -0', within('{"compute": -0, "storage": -0}')),
  registration('a capacity far above the others', within('{"compute": 1e9, "storage": 1e9}')),
  registration('a capacity far above the others, of one resource', within(`{"compute": 1e9, ${STORAGE}}`)),
  registration('a small capacity', within(`{"compute": 1e-300, ${STORAGE}}`), ACCEPTED),
  registration('the same field twice', `{"port": 1, "port": 2, "resources": {${COMPUTE}, ${STORAGE}}}`, ACCEPTED),
  registration('a comment', `/* */ ${GOOD}`),
  registration('a byte order mark', `\uFEFF${GOOD}`, ACCEPTED),
  registration('UTF-16', Buffer.from(GOOD, 'utf16le'), [400, 415]),
  registration('bytes that are no UTF-8', Buffer.from('{"id": "\xff\xfe"}', 'latin1')),
  registration('a NUL after it', `${GOOD}\0`),
  registration('lists, 10,000 deep', nested(10_000, '[', ']')),
  registration('objects, 10,000 deep', nested(10_000, '{"a":', '}').replace(':}', ':1}')),
  registration('resources, 10,000 deep', within(nested(10_000, '[', ']'))),
  registration('20,000 fields', Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, i]))),
  registration('90 kB of one field', { ['x'.repeat(90_000)]: 1 }),
  registration('200 kB', { id: 'x'.repeat(200_000) }, [413]),
  registration('compressed', GOOD, [400, 415], { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
];

const FORBIDDEN_KEYS = ['__proto__', 'toString', 'hasOwnProperty', 'valueOf'];
/** Nest takes them out of every body before it is validated. */
const DROPPED_KEYS = ['constructor', 'prototype'];

const withKey = (key: string) => `{"${key}": {"x": 1}, "port": 1, "resources": {${COMPUTE}, ${STORAGE}}}`;
const withResource = (key: string) => within(`{"${key}": 1, ${COMPUTE}, ${STORAGE}}`);

const prototypes: readonly RegistrationCase[] = [
  ...FORBIDDEN_KEYS.map((key) => registration(`the field ${key}`, withKey(key))),
  ...FORBIDDEN_KEYS.map((key) => registration(`the resource ${key}`, withResource(key))),
  ...DROPPED_KEYS.map((key) => registration(`the field ${key}`, withKey(key), [...ACCEPTED, 400])),
  ...DROPPED_KEYS.map((key) => registration(`the resource ${key}`, withResource(key), [...ACCEPTED, 400])),
  registration(
    'a prototype in a label',
    `{"port": 1, "resources": {${COMPUTE}, ${STORAGE}}, "labels": {"__proto__": "x"}}`,
  ),
  registration('an escaped __proto__', within(`{"\\u005f_proto__": 1, ${COMPUTE}, ${STORAGE}}`)),
  // Nest would take it out silently.
  withFields('a label called constructor', { id: 'attack', labels: { constructor: 'x' } }, REFUSED),
];

const NO_IDS = [
  '',
  ' ',
  'a b',
  'a\nb',
  'a\u0000b',
  'a/\u202Eb',
  'ä',
  '<img src=x>',
  '"',
  '%2e',
  'a;b',
  'x'.repeat(201),
];
const NO_PATHS = ['', 'health', ' /', '/a b', '/a\r\nX: y', '/a\u0000', '/ä', '/#x', `/${'x'.repeat(600)}`];

const fields: readonly RegistrationCase[] = [
  ...NO_IDS.map((id) => withFields(`id ${JSON.stringify(id.slice(0, 20))}`, { id })),
  ...NO_PATHS.map((pingPath) => withFields(`ping path ${JSON.stringify(pingPath.slice(0, 20))}`, { pingPath })),
  ...[0, -1, 65_536, 1.5, '80', null, 1e20].map((port) => withFields(`port ${JSON.stringify(port)}`, { port })),
  ...[0, 0.5, -1, 86_401, '30', 1e300].map((seconds) =>
    withFields(`lease ${JSON.stringify(seconds)}`, { leaseSeconds: seconds }),
  ),
  ...[0, -1, 1.5, 1e9, '5'].map((limit) => withFields(`limit ${JSON.stringify(limit)}`, { maxInFlight: limit })),
  registration(
    'an id of lists, 5,000 deep',
    `{"id": ${nested(5000, '[', ']')}, "port": 1, "resources": {${COMPUTE}, ${STORAGE}}}`,
  ),
  withFields('21 labels', { labels: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`l${i}`, 'x'])) }),
  withFields('a label of 101 characters', { labels: { a: 'x'.repeat(101) } }),
  withFields('a label that is an object', { labels: { a: { b: 1 } } }),
  withFields('a url and a port', { url: 'http://127.0.0.1:1' }),
  withFields('an id that leads up', { id: '../../etc/passwd' }, ACCEPTED),
];

const ORIGINAL = { 'Compute-Vector': 10, 'Storage-Vector': 10, Port: 1 };

const originals: readonly RegistrationCase[] = [
  original(
    'original protocol: an id that is nested 10,000 deep',
    `{"id": ${nested(10_000, '[', ']')}, "Compute-Vector": 1, "Storage-Vector": 1}`,
  ),
  original('original protocol: lists, 10,000 deep', nested(10_000, '[', ']')),
  original('original protocol: __proto__ for vectors', '{"__proto__": {"Compute-Vector": 1, "Storage-Vector": 1}}'),
  original('original protocol: vectors that are lists', { ...ORIGINAL, 'Compute-Vector': [10] }),
  original('original protocol: 1e999', '{"Compute-Vector": 1e999, "Storage-Vector": 1}'),
  original('original protocol: port 0', { ...ORIGINAL, Port: 0 }),
  original('original protocol: a port in quotes', { ...ORIGINAL, Port: '80' }),
  original('original protocol: nothing', ''),
  original('original protocol: a form', 'Compute-Vector=1&Storage-Vector=1'),
  original('original protocol: 200 kB', 'x'.repeat(200_000), [413]),
];

const TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'text/json',
];
const withHeaders = (name: string, headers: Record<string, string>, statuses: readonly number[]) =>
  registration(name, GOOD, statuses, { 'content-type': 'application/json', ...headers });

/** What a browser sends for a page. The content types are those that a page may send to another origin without asking. */
const browsers: readonly RegistrationCase[] = [
  ...TYPES.map((type) => registration(`content type ${type}`, GOOD, [415], { 'content-type': type })),
  registration('no content type', GOOD, [415], {}),
  registration('a content type with a parameter', GOOD, ACCEPTED, {
    'content-type': 'application/json; charset=utf-8',
  }),
  withHeaders('Origin of another site', { origin: 'http://evil.example' }, FORBIDDEN),
  withHeaders('Origin null', { origin: 'null' }, FORBIDDEN),
  withHeaders('Origin of another port', { origin: 'http://127.0.0.1:1' }, FORBIDDEN),
  withHeaders('Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }, FORBIDDEN),
  withHeaders('Host of another name', { host: 'evil.example' }, FORBIDDEN),
  withHeaders(
    'Host of another name, and its Origin',
    { host: 'evil.example', origin: 'http://evil.example' },
    FORBIDDEN,
  ),
  withHeaders('Host that begins like an address', { host: '127.0.0.1.evil.example' }, FORBIDDEN),
  withHeaders('Host that begins like localhost', { host: 'localhost.evil.example:9797' }, FORBIDDEN),
  withHeaders('Host localhost', { host: 'localhost' }, ACCEPTED),
  {
    ...original('original protocol with Origin', ORIGINAL, FORBIDDEN),
    headers: { origin: 'http://evil.example', 'content-type': 'text/plain' },
  },
  {
    ...original('original protocol with Sec-Fetch-Mode', ORIGINAL, [...FORBIDDEN, 415]),
    headers: { 'sec-fetch-mode': 'no-cors', 'content-type': 'text/plain' },
  },
  { ...original('original protocol under another name', ORIGINAL, FORBIDDEN), headers: { host: 'evil.example' } },
];

/** All bodies by theme. */
export const bodies: Readonly<Record<string, readonly RegistrationCase[]>> = {
  json,
  prototypes,
  fields,
  'original protocol': originals,
  'what browsers send': browsers,
};
