// Names of fields: those that clients may not use, and those that servers may take for others.
import { CHUNKED, chunked, forwarded, get, post, request, type Theme } from './case.ts';

const withLines = (...lines: readonly string[]) => request('GET', '/a', lines);

/** Dropped or replaced, in every spelling. */
const CLAIMS = [
  'X-Forwarded-For',
  'X-Forwarded-Port',
  'X-Forwarded-Server',
  'X-Forwarded-Prefix',
  'X-FORWARDED-SSL',
  'x-forwarded-',
  'Forwarded',
  'X-Real-IP',
  'X-Original-URL',
  'X-Rewrite-URL',
  'True-Client-IP',
  'Fairlead-Demand',
  'Fairlead-Secret',
  'FAIRLEAD-',
];

/** For a server that takes `_` for `-`, these frame or route. */
const UNDERSCORED = [
  'Content_Length',
  'Transfer_Encoding',
  'X_Forwarded_For',
  'Host_',
  '_',
  '__proto__',
  '_Connection',
];

const LISTS = [
  '6.6.6.6'.repeat(500),
  '6.6.6.6, '.repeat(1000),
  ','.repeat(5000),
  '"'.repeat(5000),
  '[::1]:99999999, fe80::1%eth0, ::ffff:1.2.3.4',
  'for="[',
  '\xff\xfe',
];

export const claims: Theme = [
  'names that clients may not use',
  [
    ...CLAIMS.map((name) => forwarded(name, withLines(`${name}: /evil`), 'GET /a')),
    ...CLAIMS.map((name) => forwarded(`${name}, repeated`, withLines(`${name}: 1`, `${name}: 2`), 'GET /a')),
    forwarded('X-Original-URL with a body', post(['X-Original-URL: /evil', 'Content-Length: 5']), 'POST /a hello'),
    ...LISTS.map((list) =>
      forwarded(`X-Forwarded-For: ${list.slice(0, 20)}`, withLines(`X-Forwarded-For: ${list}`), 'GET /a'),
    ),
    ...LISTS.map((list) => forwarded(`Forwarded: ${list.slice(0, 20)}`, withLines(`Forwarded: ${list}`), 'GET /a')),
  ],
];

export const underscores: Theme = [
  'names with an underscore',
  [
    ...UNDERSCORED.map((name) => forwarded(name, withLines(`${name}: 100`), 'GET /a')),
    ...UNDERSCORED.map((name) =>
      forwarded(`${name}, with a body`, post([`${name}: 100`, 'Content-Length: 5']), 'POST /a hello'),
    ),
    ...UNDERSCORED.map((name) =>
      forwarded(`${name}, with chunks`, post([`${name}: chunked`, CHUNKED], chunked(['hello'])), 'POST /a hello'),
    ),
    forwarded('in a trailer', post([CHUNKED], chunked(['hello'], ['X_Real_IP: 1', 'X-Real-IP: 1'])), 'POST /a hello'),
    forwarded('in one of two requests', withLines('A_B: 1') + get('/b', 'A-B: 1'), 'GET /a', 'GET /b'),
  ],
];
