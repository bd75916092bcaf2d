import { describe, expect, it } from 'vitest';
import { ErrorPages } from './error-pages.js';

const FACTS = { status: 503, message: 'a "b" <c> & \'d\' \\ $& \u2028', requestId: 'id' };
const TEMPLATE = '{{status}}|{{message}}|{{requestId}}|{{ status }}|{{host}}|{{message}}';

function pagesWith(templates: { html?: string; json?: string }): ErrorPages {
  const pages = new ErrorPages();
  pages.replace([{ status: 503, html: templates.html, json: templates.json }]);
  return pages;
}

describe('a page', () => {
  it('of HTML has its values escaped, and nothing else replaced', () => {
    expect(pagesWith({ html: TEMPLATE }).bodyOf(FACTS, undefined)).toEqual({
      contentType: 'text/html; charset=utf-8',
      text: '503|a &quot;b&quot; &lt;c&gt; &amp; &#39;d&#39; \\ $&amp; \u2028|id|503|{{host}}|a &quot;b&quot; &lt;c&gt; &amp; &#39;d&#39; \\ $&amp; \u2028',
      isNegotiated: true,
    });
  });

  it('of JSON is JSON whatever the values are', () => {
    const { text, contentType } = pagesWith({ json: '{"m": "{{message}}", "id": "{{requestId}}"}' }).bodyOf(
      FACTS,
      undefined,
    );
    expect(contentType).toBe('application/json');
    expect(JSON.parse(text)).toEqual({ m: FACTS.message, id: 'id' });
  });

  it('has no id where requests have none', () => {
    expect(pagesWith({ html: '[{{requestId}}]' }).bodyOf({ ...FACTS, requestId: undefined }, undefined).text).toBe(
      '[]',
    );
  });
});

describe('without a page', () => {
  it('of the status, the body is JSON whatever is accepted', () => {
    const pages = pagesWith({ html: 'page' });
    expect(pages.bodyOf({ ...FACTS, status: 502 }, 'text/html')).toEqual({
      contentType: 'application/json',
      text: `${JSON.stringify({ statusCode: 502, error: 'Bad Gateway', message: FACTS.message })}\n`,
      isNegotiated: false,
    });
    expect([pages.isNegotiated(502), pages.isNegotiated(503)]).toEqual([false, true]);
  });

  it('of JSON, a client that prefers JSON gets the default', () => {
    const { text } = pagesWith({ html: 'page' }).bodyOf(FACTS, 'application/json');
    expect(JSON.parse(text)).toMatchObject({ statusCode: 503 });
  });
});

it.each([
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['text/html', 'html'],
  ['application/json;q=0.5, text/html;q=0.4', 'json'],
  ['text/html;q=0', 'json'],
  ['nonsense', 'json'],
])('Accept: %s gets %s where there are both', (accept, page) => {
  expect(pagesWith({ html: 'html', json: 'json' }).bodyOf(FACTS, accept).text).toBe(page);
});
