import { describe, expect, it } from 'vitest';
import { interimResponse, isLinkList } from './interim-response.js';

describe('isLinkList', () => {
  it.each([
    '</a.css>; rel=preload',
    '</a.css>;rel="preload";as=style, </b.js>; rel=preload; as="script"',
    '<https://example.org/?a=1,2>;rel=preconnect;crossorigin',
    '<>; title="a \\" b; c, d"',
    '</font.woff2>; type=font/woff2',
  ])('accepts %s', (text) => {
    expect(isLinkList(text)).toBe(true);
  });

  it.each(['', 'no link', '<a', 'a>', '<a>;', '<a>; =b', '<a>; b=', '<a>; b="c', '<a> b', '<a>,', '<a>;;b'])(
    'rejects %j',
    (text) => {
      expect(isLinkList(text)).toBe(false);
    },
  );

  it('rejects a list with an error at its end in one pass', () => {
    expect(isLinkList(`<a>${';a=b'.repeat(4000)};"`)).toBe(false);
    expect(isLinkList('<'.repeat(16_000))).toBe(false);
    expect(isLinkList(`<a>;a="${'\\'.repeat(16_000)}`)).toBe(false);
  });
});

describe('interimResponse', () => {
  it('forwards 100 and 102 without fields, and 103 with its links', () => {
    expect(interimResponse(100, ['X-A', '1'])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(interimResponse(102, [])).toBe('HTTP/1.1 102 Processing\r\n\r\n');
    expect(interimResponse(103, ['Link', '</a>; rel=preload', 'X-A', '1', 'link', '</b>'])).toBe(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload, </b>\r\n\r\n',
    );
  });

  it.each([
    [103, ['Link', '</a>; rel=preload', 'Link', 'no link']],
    [103, ['X-A', '1']],
    [101, []],
    [199, []],
  ])('does not forward %d with %j', (statusCode, rawHeaders) => {
    expect(interimResponse(statusCode, rawHeaders)).toBeUndefined();
  });
});
