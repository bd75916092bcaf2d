// What becomes of the fields that frame a message, or that concern the connection it is sent over.
import { expect, it } from 'vitest';
import { requestHeaders, responseHeaders, sortResponseFields, upgradeRequiredConnection } from './header-rules.js';
import { RequestFieldFilters } from './request-field-filter.js';

const { drops } = new RequestFieldFilters('allow', true).for({ isProxy: false });
const toBackend = (raw: readonly string[], httpVersion = '1.1', connection = 'keep-alive') =>
  requestHeaders(raw, drops, { httpVersion, connection });
const toClient = (raw: readonly string[], statusCode: number) =>
  responseHeaders(sortResponseFields(raw), { statusCode, httpVersion: '1.1', pseudonym: 'me', isChunked: false });

it.each([
  ['03', '3'],
  ['000', '0'],
  ['0', '0'],
  ['10', '10'],
])('Content-Length: %s is forwarded as %s, in both directions', (given, expected) => {
  expect(toBackend(['Content-Length', given])).toEqual(['Content-Length', expected, 'Connection', 'keep-alive']);
  expect(toClient(['Content-Length', given], 200)).toEqual(['Content-Length', expected, 'Via', '1.1 me']);
});

it.each([101, 204])('a response with status %i has no Content-Length', (status) => {
  expect(toClient(['Content-Length', '5', 'X-A', '1'], status)).toEqual(['X-A', '1', 'Via', '1.1 me']);
});

it.each([200, 205, 304])('a response with status %i keeps its Content-Length', (status) => {
  expect(toClient(['Content-Length', '5'], status)).toEqual(['Content-Length', '5', 'Via', '1.1 me']);
});

it('the Expect of HTTP/1.0 is ignored', () => {
  expect(toBackend(['Expect', 'x'], '1.0')).toEqual(['Connection', 'keep-alive']);
  expect(toBackend(['Expect', '100-continue'])).toContain('Expect');
});

it('TE is named in Connection, beside the option of the connection', () => {
  expect(toBackend(['TE', 'trailers'], '1.1', 'Upgrade')).toEqual(['TE', 'trailers', 'Connection', 'Upgrade, TE']);
});

it('a response that requires another protocol says so in Connection', () => {
  expect([true, false].map(upgradeRequiredConnection)).toEqual(['keep-alive, upgrade', 'close, upgrade']);
  expect(sortResponseFields(['Upgrade', 'a', 'upgrade', 'b']).upgrade).toBe('a, b');
});
