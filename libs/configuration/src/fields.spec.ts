import { describe, expect, it } from 'vitest';
import { flag, httpUrl, httpUrlList } from './fields.js';

describe('httpUrl', () => {
  it('parses an http or https URL', () => {
    expect(httpUrl().parse('http://127.0.0.1:9797/base').href).toBe('http://127.0.0.1:9797/base');
    expect(httpUrl().parse('https://balancer:9797').origin).toBe('https://balancer:9797');
  });

  it.each([
    ['another scheme', 'ftp://balancer:9797'],
    ['a relative URL', '/api'],
    ['a user name', 'http://user@balancer:9797'],
    ['a password without a user name', 'http://:secret@balancer:9797'],
    ['a query', 'http://balancer:9797/?a=1'],
    ['a fragment', 'http://balancer:9797/#a'],
  ])('rejects %s', (_, text) => {
    expect(httpUrl().safeParse(text).error?.issues[0].message).toBe(
      'must be an http or https URL without credentials, query or fragment, such as http://127.0.0.1:9797',
    );
  });
});

describe('httpUrlList', () => {
  it('parses URLs that are separated by commas', () => {
    const hrefs = (text: string) =>
      httpUrlList()
        .parse(text)
        .map(({ href }) => href);
    expect(hrefs('http://a:1')).toEqual(['http://a:1/']);
    expect(hrefs('http://a:1, https://b:2')).toEqual(['http://a:1/', 'https://b:2/']);
  });

  it.each(['', 'http://a:1,', 'http://a:1,b:2'])('rejects %j', (text) => {
    expect(httpUrlList().safeParse(text).error?.issues[0].message).toMatch(/^must be an http or https URL/);
  });
});

describe('flag', () => {
  it.each([
    ['true', true],
    ['On', true],
    ['yes', true],
    ['1', true],
    ['false', false],
    ['OFF', false],
    ['no', false],
    ['0', false],
  ])('reads %s as %s', (text, value) => {
    expect(flag().parse(text)).toBe(value);
  });

  it('lists the words it accepts', () => {
    expect(flag().safeParse('maybe').error?.issues[0].message).toBe(
      'must be true or false (or on, off, yes, no, 1, 0)',
    );
  });
});
