import { describe, expect, it } from 'vitest';
import { foreignPageOf } from './foreign-pages.js';

const HOST = 'localhost:9797';

describe('foreignPageOf', () => {
  it.each([
    ['no browser', {}],
    ['a page of the same origin', { origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' }],
    ['the same origin in other letters', { origin: 'http://LOCALHOST:9797' }],
    ['an address that was typed', { 'sec-fetch-site': 'none' }],
  ])('accepts %s', (_what, headers) => {
    expect(foreignPageOf({ host: HOST, ...headers })).toBeUndefined();
  });

  it.each([
    ['http://fairlead.example', 'fairlead.example'],
    ['https://fairlead.example', 'fairlead.example'],
    ['http://fairlead.example', 'fairlead.example:80'],
    ['http://[::1]:9797', '[::1]:9797'],
  ])('accepts the origin %s for the host %s', (origin, host) => {
    expect(foreignPageOf({ origin, host })).toBeUndefined();
  });

  it.each([
    'null',
    '',
    'http://evil.example',
    'http://localhost',
    'http://localhost:9494',
    'http://127.0.0.1:9797',
    'http://localhost:9797.evil.example',
    'http://localhost:9797@evil.example',
    'http://localhost:9797, http://evil.example',
    'file://',
    'app://localhost:9797',
  ])('finds the origin %j foreign', (origin) => {
    expect(foreignPageOf({ host: HOST, origin, 'sec-fetch-site': 'same-origin' })).toMatch(/^Origin: "/);
    expect(foreignPageOf({ origin })).toMatch(/^Origin: "/);
  });

  it.each(['cross-site', 'same-site', '', 'none, cross-site', 'SAME-ORIGIN'])('finds the site %j foreign', (site) => {
    expect(foreignPageOf({ host: HOST, 'sec-fetch-site': site })).toBe(`Sec-Fetch-Site: ${JSON.stringify(site)}`);
  });

  it('shortens a long value', () => {
    expect(foreignPageOf({ host: HOST, origin: `http://${'x'.repeat(10_000)}` })?.length).toBeLessThan(200);
  });
});
